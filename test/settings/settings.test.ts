import { describe, expect, test } from "vitest";
import { ALL_CLIENTS } from "../../src/settings/types.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../src/settings/limits.ts";
import { parseOptions } from "../../src/settings/options.ts";
import { composeSettings } from "../../src/settings/settings.ts";
import { addOn, chain, composeAddOn, confFile, opened, sentences } from "./compose.ts";

const logins = [{ username: "meter", password: "m" }];
const optionsOrigin = { file: "options.json" };

describe("the add-on without any configuration", () => {
  test("has its four listeners, Home Assistant's users and nothing else", () => {
    const { settings, problems } = composeAddOn();
    const file = (shown: string) => ({ path: `/srv/culex/ssl/${shown}`, shown, folder: "/ssl", origin: optionsOrigin });
    const pair = { certfile: file("fullchain.pem"), keyfile: file("privkey.pem"), cafile: null };
    const terms = { capath: null, crlfile: null, minVersion: "TLSv1.2", ciphers: null, ciphersuites: null };
    const tls = { ...pair, requireCertificate: false, ...terms };
    const common = {
      terms: ALL_CLIENTS,
      host: "::",
      proxy: null,
      maxConnections: null,
      limits: {},
      origin: optionsOrigin,
    };
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      listeners: [
        { ...common, name: "1883", protocol: "mqtt", port: 1883, tls: null },
        { ...common, name: "1884", protocol: "websockets", port: 1884, tls: null },
        { ...common, name: "8883", protocol: "mqtt", port: 8883, tls },
        { ...common, name: "8884", protocol: "websockets", port: 8884, tls },
      ],
      listenerAccess: new Map(),
      auth: [
        { type: "system-users", settings: null, onBadPassword: "deny" },
        { type: "logins", settings: { logins: [] }, onBadPassword: "next" },
        { type: "home-assistant", settings: null, onBadPassword: "deny" },
      ],
      passwordFile: null,
      dynamicSecurity: null,
      controlApi: false,
      checksRetainSource: false,
      aclFile: null,
      aclTerms: { sources: null, noMatch: null },
      anonymous: null,
      limits: limitsFrom(NO_LIMITS_SAID),
      http: null,
      panel: null,
      sensors: null,
      metrics: null,
      bridges: [],
      banFile: {
        path: "/srv/culex/data/bans.yaml",
        shown: "/data/bans.yaml",
        folder: "/data",
        origin: { file: "options.json" },
      },
      store: { path: "/srv/culex/data/culex.db", intervalS: 30, mode: "interval" },
      log: {
        types: new Set(["error", "warning", "notice", "information"]),
        destinations: [{ kind: "stdout" }],
        timePrefix: "%Y-%m-%d %H:%M:%S ",
        connectionMessages: true,
      },
      sysIntervalS: 10,
    });
  });
});

describe("the add-on's own listeners", () => {
  test("keep their names on other ports", () => {
    const ports = { mqtt: 0, ws: 11_884, mqtts: 0, wss: null };
    const { settings } = composeAddOn({}, {}, { ports, host: "127.0.0.1" });
    expect(settings.listeners.map(({ name, host, port }) => [name, host, port])).toEqual([
      ["1883", "127.0.0.1", 0],
      ["1884", "127.0.0.1", 11_884],
      ["8883", "127.0.0.1", 0],
    ]);
  });

  test.each(["1883", "11883"])("are meant by the name and by the real port: listener %s", (port) => {
    const ports = { mqtt: 11_883, ws: null, mqtts: null, wss: null };
    const { settings } = composeAddOn({ "a.conf": `listener ${port}\nmax_connections 3\n` }, {}, { ports });
    expect(settings.listeners.map(({ name, maxConnections }) => [name, maxConnections])).toEqual([["1883", 3]]);
  });

  test.each([{ certfile: "" }, { keyfile: "" }, { certfile: 1 }])("have no TLS with %j", (options) => {
    expect(opened(composeAddOn({}, options).settings)).toEqual(["1883", "1884"]);
  });

  test("check device certificates against the cafile", () => {
    const { settings, problems } = composeAddOn({}, { require_certificate: true, cafile: "ca.pem" });
    expect(problems).toEqual([]);
    expect(settings.listeners[2]?.tls).toMatchObject({
      cafile: { path: "/srv/culex/ssl/ca.pem", shown: "ca.pem" },
      requireCertificate: true,
    });
  });

  // panel.md 5.4, row 9
  test.each([
    [{}, "Ports 8883 and 8884 stay closed; 1883 and 1884 work."],
    [{ ports: { mqtt: 1883, ws: null, mqtts: 8883, wss: null } }, "Port 8883 stays closed; 1883 works."],
    [{ ports: { mqtt: null, ws: null, mqtts: 8883, wss: 8884 } }, "Ports 8883 and 8884 stay closed."],
  ])("with require_certificate and no cafile keep TLS shut: %j", (environment, now) => {
    const { settings, problems } = composeAddOn({}, { require_certificate: true }, environment);
    expect(settings.listeners.filter(({ tls }) => tls !== null)).toEqual([]);
    expect(problems).toEqual([
      `require_certificate is on but no cafile is set, so no device certificate can be checked. ${now} Set cafile to the CA that signed your device certificates.`,
    ]);
  });

  test("say nothing of a missing cafile when TLS is off anyway", () => {
    expect(composeAddOn({}, { require_certificate: true, certfile: "" }).problems).toEqual([]);
  });

  test("take TLS settings from a conf file where they have TLS", () => {
    const { settings, problems } = composeAddOn(
      { "a.conf": "listener 8883\ncafile /ssl/ca.pem\nrequire_certificate true\n" },
      {},
    );
    expect(problems).toEqual([]);
    expect(settings.listeners.map(({ tls }) => tls?.requireCertificate)).toEqual([undefined, undefined, true, false]);
  });

  test("get the listener lines of a file without a listener", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "max_connections 10\n", "b.conf": "max_connections -1\n" });
    expect(problems).toEqual([]);
    expect(settings.listeners).toEqual(composeAddOn().settings.listeners);
    expect(composeAddOn({ "a.conf": "max_connections 10\n" }).settings.listeners[0]?.maxConnections).toBe(10);
  });

  test("accept a protocol that they speak", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": "listener 1884\nprotocol websockets\nmax_connections 2\n",
    });
    expect(problems).toEqual([]);
    expect(settings.listeners[1]).toMatchObject({ name: "1884", protocol: "websockets", maxConnections: 2 });
  });

  test("keep their address", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "listener 1883 127.0.0.1\nmax_connections 2\n" });
    expect(settings.listeners[0]).toMatchObject({ host: "::", maxConnections: 2 });
    expect(problems).toEqual([
      'a.conf line 1: listener 1883 is the add-on\'s own, and its address cannot be set to "127.0.0.1". It keeps its address; the other line is used. Use another port for a listener with an address of its own.',
    ]);
  });
});

describe("listeners of conf files", () => {
  test.each([
    ["listener 1885\n", "listener 1885\n", "1885"],
    ["listener 1885\n", "listener 1885 127.0.0.1\n", "127.0.0.1:1885"],
    ["listener 1885 127.0.0.1\n", "listener 1885 127.0.0.1\n", "127.0.0.1:1885"],
    ["port 1885\n", "listener 1885\n", "1885"],
  ])("are refused where the port is taken: %j and %j", (first, second, name) => {
    const { settings, problems } = composeAddOn({ "a.conf": first, "b.conf": second });
    expect(settings.listeners).toHaveLength(5);
    expect(problems).toEqual([
      `b.conf line 1: listener ${name} is opened by a.conf line 1 already. This second one is left out. Give it another port, or put its lines below the first.`,
    ]);
  });

  test("share a port on different addresses", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "listener 1885 127.0.0.1\nlistener 1885 ::1\n" });
    expect(problems).toEqual([]);
    expect(opened(settings).slice(4)).toEqual(["127.0.0.1:1885", "[::1]:1885"]);
  });

  test.each([
    [
      "certfile /ssl/a.pem\n",
      "has no certificate, which takes both certfile and keyfile",
      "Add the missing ones below the listener.",
    ],
    [
      "keyfile /ssl/a.pem\n",
      "has no certificate, which takes both certfile and keyfile",
      "Add the missing ones below the listener.",
    ],
    [
      "cafile /ssl/a.pem\n",
      "has no certificate, which takes both certfile and keyfile",
      "Add the missing ones below the listener.",
    ],
    [
      "require_certificate true\n",
      "has no certificate, which takes both certfile and keyfile",
      "Add the missing ones below the listener.",
    ],
    [
      "certfile /ssl/a.pem\nkeyfile /ssl/b.pem\nrequire_certificate true\n",
      "requires device certificates but has no cafile to check them with",
      "Add cafile with the CA that signed your device certificates.",
    ],
  ])("stay closed with half of what TLS needs: %j", (lines, what, fix) => {
    const { settings, problems } = composeAddOn({ "a.conf": `listener 8885\n${lines}` });
    expect(opened(settings)).not.toContain("8885");
    expect(problems).toEqual([`a.conf line 1: listener 8885 ${what}. It stays closed. ${fix}`]);
  });
});

describe("clients without a user name", () => {
  const stage = { type: "anonymous", settings: { acceptsUserNames: false }, onBadPassword: "deny" };

  test.each([
    ["are shut out by default", {}, null],
    ["may do everything without logins", { anonymous: true }, "all"],
    ["may read beside logins", { anonymous: true, logins }, "read"],
    ["may only read when no listed login is usable", { anonymous: true, logins: [{ username: "x" }] }, "read"],
    ["may only read when the logins are no list", { anonymous: true, logins: "x" }, "read"],
  ])("%s", (_, options, rights) => {
    const { settings } = composeAddOn({}, options);
    expect(settings.anonymous).toEqual(rights === null ? null : { rights, origin: optionsOrigin });
    expect(settings.auth.filter(({ type }) => type === "anonymous")).toEqual(rights === null ? [] : [stage]);
  });

  test("get what a conf file says, whatever the option says", () => {
    const { settings } = composeAddOn({ "a.conf": "allow_anonymous true\n" }, { anonymous: true, logins });
    expect(settings.anonymous).toEqual({ rights: "all", origin: { file: "a.conf", line: 1 } });
  });

  test("are shut out by a conf file, with a warning where the option lets them in", () => {
    const conf = { "a.conf": "allow_anonymous false\n" };
    expect(composeAddOn(conf)).toMatchObject({ settings: { anonymous: null }, problems: [] });
    expect(composeAddOn(conf, { anonymous: true })).toMatchObject({
      settings: { anonymous: null },
      problems: [
        'a.conf line 1: allow_anonymous keeps clients without a user name out, and the option "anonymous" lets them in. They stay shut out. Remove the line, or switch the option off.',
      ],
    });
  });

  test.each([
    ["plugin /usr/lib/something.so", "plugin /usr/lib/something.so"],
    ["auth_plugin /something.so", "auth_plugin /something.so"],
  ])("are shut out beside %s, which bounds them in a way that is not carried out", (line, shown) => {
    const { settings, problems } = composeAddOn({ "a.conf": `${line}\nallow_anonymous true\n` });
    expect(settings.anonymous).toBeNull();
    expect(chain(settings)).not.toContain("anonymous: deny");
    expect(problems.at(-1)).toBe(
      `a.conf line 2: "allow_anonymous true" would let in more than was meant, because "${shown}" (a.conf line 1) is not carried out. Clients without a user name stay shut out. Remove one of the two.`,
    );
  });
});

describe("the login chain", () => {
  test("asks the next source after a wrong password, as the official add-on does", () => {
    const { settings } = composeAddOn({ "a.conf": "password_file passwd\n" }, { logins, anonymous: true });
    expect(chain(settings)).toEqual([
      "system-users: deny",
      "logins: next",
      "password-file: next",
      "home-assistant: deny",
      "anonymous: deny",
    ]);
    expect(settings.auth[1]?.settings).toEqual({ logins: [{ username: "meter", password: "m", preHashed: false }] });
  });

  test("ends at the last source without a Supervisor", () => {
    const environment = { hasHomeAssistant: false };
    expect(chain(composeAddOn({}, {}, environment).settings)).toEqual(["system-users: deny", "logins: deny"]);
    expect(chain(composeAddOn({ "a.conf": "password_file p\n" }, {}, environment).settings)).toEqual([
      "system-users: deny",
      "logins: next",
      "password-file: deny",
    ]);
  });

  test("has the system users alone while options are broken, whatever the conf files say", () => {
    const conf = [confFile("a.conf", "allow_anonymous true\npassword_file p\n")];
    const { settings, problems } = composeSettings({ environment: addOn, options: null, conf });
    expect(sentences(problems)).toEqual([]);
    expect(chain(settings)).toEqual(["system-users: deny"]);
    expect(settings).toMatchObject({ anonymous: null, passwordFile: null });
    expect(opened(settings)).toEqual(["1883", "1884"]);
  });

  test("has the system users alone while customize makes no sense", () => {
    const { settings } = composeAddOn({}, { customize: { active: true, folder: "../x" }, logins, anonymous: true });
    expect(chain(settings)).toEqual(["system-users: deny"]);
    expect(settings.anonymous).toBeNull();
    expect(opened(settings)).toEqual(["1883", "1884", "8883", "8884"]);
  });
});

describe("a problem", () => {
  test("has its place beside its words, and is an error where someone must act", () => {
    const { options, problems } = parseOptions('{"anonymous": 1, "debugg": true}', "options.yaml", addOn);
    const conf = [confFile("a.conf", "\nretry_interval 1\nlistener 70000\nlistener 1885\ncertfile a\n")];
    const composed = composeSettings({ environment: addOn, options, conf });
    expect([...problems, ...composed.problems].map(({ severity, where }) => [severity, where])).toEqual([
      ["warning", { file: "options.yaml" }],
      ["error", { file: "options.yaml" }],
      ["warning", { file: "a.conf", line: 2 }],
      ["error", { file: "a.conf", line: 3 }],
      ["error", { file: "a.conf", line: 4 }],
    ]);
  });
});

describe("the log", () => {
  const usual = ["error", "warning", "notice", "information"];
  const every = [...usual, "debug", "subscribe", "unsubscribe"];
  test.each([
    [{}, "", usual],
    [{ log_type: ["error", "subscribe"] }, "", ["error", "subscribe"]],
    [{ log_type: ["all"] }, "", every],
    [{ log_type: ["all", "none", "error", "websockets"] }, "", ["error"]],
    [{ log_type: ["none"] }, "", []],
    [{ log_type: ["none"], debug: true }, "log_type none", every],
    [{ log_type: ["all"] }, "log_type error\nlog_type internal\nlog_type notice", ["error", "notice"]],
    [{ log_type: ["error"] }, "log_dest stderr", ["error"]],
  ])("has the types of %j and %j", (options, conf, types) => {
    expect(composeAddOn({ "a.conf": conf }, options).settings.log.types).toEqual(new Set(types));
  });

  test.each([
    [{}, "", [{ kind: "stdout" }]],
    [{ log_dest: ["stderr", "topic"] }, "", [{ kind: "stderr" }, { kind: "topic" }]],
    [{ log_dest: ["none"] }, "", []],
    [{ log_dest: ["stdout", "none", "topic"] }, "", [{ kind: "topic" }]],
    [{ log_dest: ["stdout"] }, "log_dest topic\nlog_dest stderr", [{ kind: "topic" }, { kind: "stderr" }]],
    [{}, "log_dest topic\nlog_dest none", []],
    [{ log_dest: ["topic"] }, "log_dest syslog", [{ kind: "topic" }]],
    [{}, "log_dest file my log.txt", [{ kind: "file", path: "/srv/culex/share/mosquitto/my log.txt" }]],
  ])("goes where %j and %j say", (options, conf, destinations) => {
    expect(composeAddOn({ "a.conf": conf }, options).settings.log.destinations).toEqual(destinations);
  });

  test.each([
    ["", "%Y-%m-%d %H:%M:%S "],
    ["log_timestamp true", "%Y-%m-%d %H:%M:%S "],
    ["log_timestamp_format %d. %m. %H:%M", "%d. %m. %H:%M: "],
    ["log_timestamp false\nlog_timestamp_format %H:%M", ""],
  ])("begins its lines as %j says", (conf, prefix) => {
    expect(composeAddOn({ "a.conf": conf }).settings.log.timePrefix).toBe(prefix);
  });

  test("leaves out connects and disconnects when asked to", () => {
    expect(composeAddOn({ "a.conf": "connection_messages false" }).settings.log.connectionMessages).toBe(false);
  });
});

describe("$SYS", () => {
  test.each([
    ["", 10],
    ["sys_interval 0", 0],
    ["sys_interval 3600", 3600],
    ["sys_interval 65536", 10],
  ])("with %j is renewed each %i seconds", (conf, seconds) => {
    expect(composeAddOn({ "a.conf": conf }).settings.sysIntervalS).toBe(seconds);
  });
});
