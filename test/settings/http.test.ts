import { expect, test } from "vitest";
import { composeAddOn, composeStandAlone } from "./compose.ts";

const whole = "allow_anonymous true\nlistener 1885\n";

test("nothing is taken over HTTP unless a line or the option says so", () => {
  expect(composeStandAlone(whole).settings.http).toBeNull();
  expect(composeAddOn({}, {}, { ports: { mqtt: 1883, ws: null, mqtts: null, wss: null, http: 8080 } })).toMatchObject({
    settings: { http: null },
    problems: [],
  });
});

test("a line opens a port, with files beside the conf file", () => {
  const lines =
    "http_publish 8080 127.0.0.1\nhttp_publish_keys keys\nhttp_publish_certfile a\nhttp_publish_keyfile b\n";
  const { settings, problems } = composeStandAlone(whole + lines);
  expect(problems).toEqual([]);
  expect(settings.http).toMatchObject({
    name: "http 127.0.0.1:8080",
    host: "127.0.0.1",
    port: 8080,
    tls: { certfile: { shown: "a" }, keyfile: { shown: "b" }, minVersion: "TLSv1.2" },
    keys: { path: "/srv/culex/share/mosquitto/keys" },
  });
});

test("the option opens the port of the app, with files where its other files are", () => {
  const options = { http_publish: { active: true, certfile: "a.pem", keyfile: "a.key", api_keys: "keys" } };
  const ports = { mqtt: 1883, ws: null, mqtts: null, wss: null, http: 8080 };
  const { settings, problems } = composeAddOn({}, options, { ports });
  expect(problems).toEqual([]);
  expect(settings.http).toMatchObject({
    name: "http 8080",
    host: "::",
    port: 8080,
    tls: { certfile: { path: "/srv/culex/ssl/a.pem" }, keyfile: { path: "/srv/culex/ssl/a.key" } },
    keys: { path: "/srv/culex/share/mosquitto/keys", folder: "/share/mosquitto" },
  });
});

test.each([
  [
    "http_publish 0",
    'mosquitto.conf line 3: "http_publish 0": "0" is not a port. Nothing is taken over HTTP; the other 2 lines are used. Write a port from 1 to 65535.',
  ],
  [
    "http_publish 8080\nhttp_publish_certfil a",
    'mosquitto.conf line 4: "http_publish_certfil" is not a setting of mosquitto.conf. Nothing is taken over HTTP; the other 3 lines are used. Did you mean "http_publish_certfile"?',
  ],
  [
    "http_publish 8080\nhttp_publish_certfile a",
    "mosquitto.conf line 3: publishing over HTTP has half of a certificate, which takes both certfile and keyfile. Nothing is taken over HTTP. Add the missing one, or remove the other for HTTP without TLS.",
  ],
  [
    "http_publish_keys a",
    'mosquitto.conf line 3: this line is about publishing over HTTP, which is switched off. It has no effect. Add "http_publish <port>", or switch on http_publish in the options.',
  ],
])("%j leaves it closed", (lines, problem) => {
  const { settings, problems } = composeStandAlone(`${whole}${lines}\n`);
  expect(settings.http).toBeNull();
  expect(problems).toEqual([problem]);
});
