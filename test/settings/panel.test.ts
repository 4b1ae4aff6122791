import { expect, test } from "vitest";
import { composeAddOn, composeStandAlone } from "./compose.ts";

const ports = { mqtt: 1883, ws: null, mqtts: null, wss: null, panel: 8099 };
const whole = "allow_anonymous true\nlistener 1885\n";

test("the app has a panel unless the option takes it away", () => {
  expect(composeAddOn({}, {}, { ports }).settings.panel).toEqual({
    host: "::",
    port: 8099,
    folder: "/srv/culex/data",
    origin: { file: "options.json" },
  });
  expect(composeAddOn({}, { panel: false }, { ports }).settings.panel).toBeNull();
  const { settings, problems } = composeAddOn({}, { panel: "yes" }, { ports });
  expect(settings.panel).toBeNull();
  expect(problems).toEqual([
    'panel: "yes" is neither true nor false. There is no panel. Write true or false, without quotes.',
  ]);
});

test("elsewhere a line opens it, on this machine alone unless it says where", () => {
  expect(composeStandAlone(whole).settings.panel).toBeNull();
  expect(composeStandAlone(`${whole}panel 8099\n`).settings.panel).toEqual({
    host: "127.0.0.1",
    port: 8099,
    folder: null,
    origin: { file: "mosquitto.conf", line: 3 },
  });
  const stored = "persistence true\npersistence_location /var/lib/mosquitto/\n";
  expect(composeStandAlone(`${whole}${stored}panel 8099 192.0.2.1\n`).settings.panel).toMatchObject({
    host: "192.0.2.1",
    folder: "/var/lib/mosquitto",
  });
});

test.each([
  [
    "panel 0",
    'mosquitto.conf line 3: "panel 0": "0" is not a port. There is no panel; the other 2 lines are used. Write a port from 1 to 65535.',
  ],
  [
    "panel 8099 0.0.0.0\npanle 8099 127.0.0.1",
    'mosquitto.conf line 4: "panle" is not a setting of mosquitto.conf. There is no panel; the other 3 lines are used. Did you mean "panel"?',
  ],
])("%j opens nothing", (lines, problem) => {
  const { settings, problems } = composeStandAlone(`${whole}${lines}\n`);
  expect(settings.panel).toBeNull();
  expect(problems).toEqual([problem]);
});
