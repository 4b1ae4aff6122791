import { expect, test } from "vitest";
import { composeAddOn, composeStandAlone } from "./compose.ts";

const ports = { mqtt: 1883, ws: null, mqtts: null, wss: null, metrics: 9234 };
const whole = "allow_anonymous true\nlistener 1885\n";

test("there are no metrics unless the option or a line says so", () => {
  expect(composeAddOn({}, {}, { ports }).settings.metrics).toBeNull();
  expect(composeAddOn({}, { metrics: { active: true } }, { ports }).settings.metrics).toEqual({
    host: "::",
    port: 9234,
    token: null,
    origin: { file: "options.json" },
  });
  expect(composeStandAlone(whole).settings.metrics).toBeNull();
  expect(composeStandAlone(`${whole}metrics 9234\n`).settings.metrics).toEqual({
    host: "127.0.0.1",
    port: 9234,
    token: null,
    origin: { file: "mosquitto.conf", line: 3 },
  });
});

test("a line says where, and a token holds wherever it stands", () => {
  const lines = "metrics_token s3cret+/=\nmetrics 9235 192.0.2.1\n";
  expect(composeStandAlone(whole + lines).settings.metrics).toMatchObject({
    host: "192.0.2.1",
    port: 9235,
    token: "s3cret+/=",
  });
  const options = { customize: { active: true }, metrics: { active: false, token: "of-the-option" } };
  expect(composeAddOn({ "a.conf": "metrics 9235\n" }, options, { ports }).settings.metrics).toMatchObject({
    port: 9235,
    token: "of-the-option",
  });
});

test.each([
  [
    { active: "yes" },
    'metrics.active: "yes" is neither true nor false. There are no metrics. Write true or false, without quotes.',
  ],
  ["on", 'metrics: "on" is not what it can be. There are no metrics. Write active (true or false) below it.'],
  [
    { active: true, token: "a b" },
    "metrics.token: this is no token. There are no metrics. Write letters, digits and signs without blanks, or nothing for no token.",
  ],
  [
    { active: true, token: 7 },
    "metrics.token: this is no token. There are no metrics. Write letters, digits and signs without blanks, or nothing for no token.",
  ],
])("the option %j opens nothing", (metrics, problem) => {
  const { settings, problems } = composeAddOn({}, { metrics }, { ports });
  expect(settings.metrics).toBeNull();
  expect(problems).toEqual([problem]);
});

test.each([
  [
    "metrics 70000",
    'mosquitto.conf line 3: "metrics 70000": "70000" is not a port. There are no metrics; the other 2 lines are used. Write a port from 1 to 65535.',
  ],
  [
    "metrics 9234\nmetrics_token two words",
    'mosquitto.conf line 4: "metrics_token": this is no token. There are no metrics; the other 3 lines are used. Write letters, digits and signs without blanks.',
  ],
  [
    "metrics 9234\nmetrics_token",
    'mosquitto.conf line 4: "metrics_token" has no value. There are no metrics; the other 3 lines are used. Write letters, digits and signs without blanks.',
  ],
  [
    "metrics 9234\nmetrics_tokn secret",
    'mosquitto.conf line 4: "metrics_tokn" is not a setting of mosquitto.conf. There are no metrics; the other 3 lines are used. Did you mean "metrics_token"?',
  ],
])("the lines %j open nothing", (lines, problem) => {
  const { settings, problems } = composeStandAlone(`${whole}${lines}\n`);
  expect(settings.metrics).toBeNull();
  expect(problems).toEqual([problem]);
});
