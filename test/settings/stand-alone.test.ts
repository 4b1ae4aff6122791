import { describe, expect, test } from "vitest";
import { ALL_CLIENTS } from "../../src/settings/types.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../src/settings/limits.ts";
import { chain, composeStandAlone, opened } from "./compose.ts";

const onPort = (mqtt: number) => ({ ports: { mqtt, ws: null, mqtts: null, wss: null } });
const nobody =
  'mosquitto.conf: anonymous access is off and there is no password_file, so no login can succeed. Every client is refused. Add "password_file <file>", or "allow_anonymous true".';

describe("a broker without a configuration", () => {
  test("listens on loopback only and lets anybody in, as mosquitto 2 does", () => {
    const { settings, problems } = composeStandAlone(null);
    const origin = { file: "no configuration" };
    const listener = {
      terms: ALL_CLIENTS,
      protocol: "mqtt",
      port: 1883,
      tls: null,
      proxy: null,
      maxConnections: null,
      limits: {},
      origin,
    };
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      listeners: [
        { ...listener, name: "127.0.0.1:1883", host: "127.0.0.1" },
        { ...listener, name: "[::1]:1883", host: "::1" },
      ],
      listenerAccess: new Map(),
      auth: [{ type: "anonymous", settings: { acceptsUserNames: true }, onBadPassword: "deny" }],
      passwordFile: null,
      dynamicSecurity: null,
      controlApi: false,
      checksRetainSource: false,
      aclFile: null,
      aclTerms: { sources: null, noMatch: null },
      anonymous: { rights: "all", origin },
      limits: { ...limitsFrom(NO_LIMITS_SAID), maxPacketSize: 268_435_460 },
      http: null,
      panel: null,
      sensors: null,
      metrics: null,
      bridges: [],
      banFile: null,
      store: null,
      log: {
        types: new Set(["error", "warning", "notice", "information"]),
        destinations: [{ kind: "stderr" }],
        timePrefix: "%Y-%m-%d %H:%M:%S ",
        connectionMessages: true,
      },
      sysIntervalS: 10,
    });
  });

  test("takes the port of the command line", () => {
    const { settings } = composeStandAlone(null, onPort(18_830));
    expect(opened(settings)).toEqual(["127.0.0.1:18830", "[::1]:18830"]);
  });

  test("takes free ports", () => {
    expect(composeStandAlone(null, onPort(0)).settings.listeners.map(({ port }) => port)).toEqual([0, 0]);
  });
});

describe("listeners of a mosquitto.conf", () => {
  test.each([
    ["none stays on loopback", "persistence true\n", ["127.0.0.1:1883", "[::1]:1883"]],
    ["listener", "listener 1885\n", ["1885"]],
    ["several", "listener 1885\nlistener 9001\nprotocol websockets\n", ["1885", "9001"]],
    ["port", "port 1885\n", ["1885"]],
    ["bind_address", "bind_address 127.0.0.1\n", ["127.0.0.1:1883"]],
    ["port and bind_address", "bind_address 127.0.0.1\nport 1885\n", ["127.0.0.1:1885"]],
    ["port beside listener", "port 1885\nlistener 1886\n", ["1885", "1886"]],
    ["a listener line without a listener", "max_connections 5\n", ["1883"]],
    ["a listener line before its listener", "max_connections 5\nlistener 1885\n", ["1883", "1885"]],
    ["one that cannot be opened is not replaced by another", "listener 0 /run/mqtt.sock\n", []],
    ["one that is kept shut is not replaced by another", "psk_hint x\n", []],
    ["a port that is none is not replaced by another", "port 70000\n", []],
  ])("%s", (_, conf, names) => {
    expect(opened(composeStandAlone(conf).settings)).toEqual(names);
  });

  test("give the default listener the port of the command line", () => {
    expect(opened(composeStandAlone("port 1885\nlistener 1886\n", onPort(1890)).settings)).toEqual(["1890", "1886"]);
    expect(opened(composeStandAlone("listener 1886\n", onPort(1890)).settings)).toEqual(["1886"]);
  });

  test("without a certificate on 8883 are opened with a warning", () => {
    const { settings, problems } = composeStandAlone("listener 8883\nallow_anonymous true\n");
    expect(opened(settings)).toEqual(["8883"]);
    expect(problems).toEqual([
      "mosquitto.conf line 1: listener 8883 has no certificate. It is opened and speaks plain MQTT, on the port where devices expect TLS. Add certfile and keyfile, or use another port.",
    ]);
  });
});

describe("logins of a mosquitto.conf", () => {
  test.each([
    ["loopback only: everybody", "persistence true\n", ["anonymous: deny"], "all"],
    ["loopback only, switched off: nobody", "allow_anonymous false\n", [], null],
    ["a listener: nobody", "listener 1885\n", [], null],
    ["a default listener: nobody", "port 1885\n", [], null],
    // Mosquitto 2.0 lets everybody in there
    ["a line of a listener that stands alone: nobody", "max_connections 5\n", [], null],
    ["a listener and allow_anonymous: everybody", "listener 1885\nallow_anonymous true\n", ["anonymous: deny"], "all"],
    ["a password file: its users", "listener 1885\npassword_file p\n", ["password-file: deny"], null],
    [
      "a password file and allow_anonymous: its users and clients without a name",
      "listener 1885\npassword_file p\nallow_anonymous true\n",
      ["password-file: deny", "anonymous: deny"],
      "all",
    ],
  ])("%s", (_, conf, stages, rights) => {
    const { settings, problems } = composeStandAlone(conf);
    expect(chain(settings)).toEqual(stages);
    expect(settings.anonymous?.rights ?? null).toBe(rights);
    expect(problems).toEqual(stages.length === 0 ? [nobody] : []);
  });

  test("clients with a user name are let in where nobody can check it", () => {
    const anonymous = (conf: string) => composeStandAlone(conf).settings.auth.at(-1)?.settings;
    expect(anonymous("allow_anonymous true\n")).toEqual({ acceptsUserNames: true });
    expect(anonymous("allow_anonymous true\npassword_file p\n")).toEqual({ acceptsUserNames: false });
  });

  test("a plugin that is not loaded shuts everybody out, also on loopback", () => {
    const { settings, problems } = composeStandAlone("plugin /usr/lib/something.so\n");
    expect(settings.anonymous).toBeNull();
    expect(chain(settings)).toEqual([]);
    expect(problems).toEqual([
      'mosquitto.conf line 1: "plugin" loads native code and is not supported here. The line is ignored. Logins can come from password_file, rules from acl_file.',
      'mosquitto.conf line 1: anonymous access would let in more than was meant, because "plugin /usr/lib/something.so" (mosquitto.conf line 1) is not carried out. Clients without a user name stay shut out. Remove one of the two.',
      nobody,
    ]);
  });
});
