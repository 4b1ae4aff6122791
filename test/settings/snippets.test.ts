import { describe, expect, test } from "vitest";
import { ALL_CLIENTS } from "../../src/settings/types.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../src/settings/limits.ts";
import { chain, composeAddOn, confFile, addOn, opened, sentences } from "./compose.ts";
import { parseOptions } from "../../src/settings/options.ts";
import { composeSettings } from "../../src/settings/settings.ts";
import type { BridgeSettings } from "../../src/settings/types.ts";

/** Files as they are found in /share/mosquitto, and what becomes of them in the add-on. */
const untouched = composeAddOn().settings;

function letsIn(line: number): string {
  return `a.conf line ${line}: "allow_anonymous true" lets clients without a user name use every topic that no ACL file forbids. They are let in; the official Mosquitto app ignores this line. Remove the line if that is not wanted.`;
}

/** A bridge in a line: where it goes, and what it carries. */
function shown({ name, addresses, topics }: BridgeSettings): string {
  const carried = topics.map(({ direction, qos, local, remote }) => {
    const arrow = { in: "<-", out: "->", both: "<->" }[direction];
    return `${direction} ${qos} ${local} ${arrow} ${remote}`;
  });
  return `${name} ${addresses.map(({ host, port }) => `${host}:${port}`).join(" ")}: ${carried.join(", ")}`;
}

describe("a bridge", () => {
  test("one way, with a global option below it, is taken over and the option counts", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `connection gx-device
address 192.168.7.20:1883
topic N/# in 0
topic R/# out 0
topic W/# out 0
start_type automatic
allow_anonymous true
`,
    });
    expect(problems).toEqual([letsIn(7)]);
    expect(settings.bridges.map(shown)).toEqual([
      "gx-device 192.168.7.20:1883: in 0 N/# <- N/#, out 0 R/# -> R/#, out 0 W/# -> W/#",
    ]);
    const origin = { file: "a.conf", line: 7 };
    expect(settings.anonymous).toEqual({ rights: "all", origin });
    expect(chain(settings).at(-1)).toBe("anonymous: deny");
  });

  test.each([
    [
      "cloud",
      `connection cloud
address abc123.s1.eu.example.cloud:8883
remote_username house
remote_password p@ss w0rd#1
remote_clientid ha-house
local_clientid ha-house-local
bridge_protocol_version mqttv311
bridge_capath /etc/ssl/certs
bridge_insecure false
cleansession true
try_private false
notifications false
keepalive_interval 60
restart_timeout 5 30
topic home/# both 1
`,
      "abc123.s1.eu.example.cloud:8883: both 1 home/# <-> home/#",
    ],
    [
      "cabin",
      `connection cabin
address cabin.lan:1883
remote_username bridge
remote_password secret
topic # both 1 cabin/ house/
cleansession false
start_type automatic
`,
      "cabin.lan:1883: both 1 cabin/# <-> house/#",
    ],
    [
      "bridge-to-meter",
      `connection bridge-to-meter
address a1example-ats.iot.eu-west-1.amazonaws.com:8883
bridge_cafile /share/mosquitto/meter/CA.ca
bridge_certfile /share/mosquitto/meter/Cert.crt
bridge_keyfile /share/mosquitto/meter/Priv.key
clientid meter-0123
try_private false
notifications false
topic $aws/# out
topic meter-0123/receive in
`,
      "a1example-ats.iot.eu-west-1.amazonaws.com:8883: out 0 $aws/# -> $aws/#, in 0 meter-0123/receive <- meter-0123/receive",
    ],
    [
      "livingroom-tv",
      `connection livingroom-tv
address 192.168.7.30:36669
username svc
password svcpw
clientid HomeAssistant
bridge_tls_version tlsv1.2
bridge_cafile /ssl/tv.crt
bridge_certfile /ssl/tv-client.cer
bridge_keyfile /ssl/tv-client.key
bridge_insecure true
start_type automatic
try_private true
topic /remoteapp/# both 0 tv ""
`,
      "192.168.7.30:36669: both 0 tv/remoteapp/# <-> /remoteapp/#",
    ],
    [
      "status",
      `connection status
address 192.168.7.5
cleansession true
topic "" in 0 mirror/uptime $SYS/broker/uptime
topic clients/total in 0 mirror/sys/ $SYS/broker/
`,
      "192.168.7.5:1883: in 0 mirror/uptime <- $SYS/broker/uptime, in 0 mirror/sys/clients/total <- $SYS/broker/clients/total",
    ],
    [
      "uplink",
      `connection uplink
address mqtt.example.org
remote_username u
remote_password p
remote_clientid a1b2c3d4
topic msh/# out 0
cleansession true
try_private false
start_type automatic
`,
      "mqtt.example.org:1883: out 0 msh/# -> msh/#",
    ],
  ])("%s is taken over whole", (name, text, expected) => {
    const { settings, problems } = composeAddOn({ "a.conf": text });
    expect(problems.filter((problem) => !problem.includes("bridge_insecure true"))).toEqual([]);
    expect(settings.bridges.map(shown)).toEqual([`${name} ${expected}`]);
    expect({ ...settings, bridges: [] }).toEqual(untouched);
  });

  test("beside another is one of two", () => {
    const text = "connection a\naddress 192.0.2.1\ntopic # in 0\nconnection b\naddress 192.0.2.2\ntopic # in 0\n";
    const { settings, problems } = composeAddOn({ "a.conf": text });
    expect(problems).toEqual([]);
    expect(settings.bridges.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("ends with its file", () => {
    const { problems } = composeAddOn({ "a.conf": "connection a\n", "b.conf": "address 192.0.2.1\n" });
    expect(problems[0]).toContain('b.conf line 1: "address" belongs below a "connection" line');
    expect(problems[1]).toBe(
      'a.conf line 1: the bridge "a" has no address. This connection is not made. Add address <host>:<port> below it.',
    );
  });
});

describe("a file that asks for", () => {
  test("rules names the ACL file", () => {
    const { settings, problems } = composeAddOn({ "acl.conf": "acl_file /share/mosquitto/accesscontrollist\n" });
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      ...untouched,
      aclFile: {
        path: "/srv/culex/share/mosquitto/accesscontrollist",
        shown: "/share/mosquitto/accesscontrollist",
        folder: "/share/mosquitto",
        origin: { file: "acl.conf", line: 1 },
      },
    });
  });

  test("anonymous access, a line and no more", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "allow_anonymous true\n" });
    expect(problems).toEqual([letsIn(1)]);
    expect(settings.anonymous).toEqual({ rights: "all", origin: { file: "a.conf", line: 1 } });
    expect(settings.auth.at(-1)).toEqual({
      type: "anonymous",
      settings: { acceptsUserNames: false },
      onBadPassword: "deny",
    });
    expect(settings.listeners).toEqual(untouched.listeners);
  });

  test("anonymous access on 1883, which is the add-on's own listener", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "listener 1883\nallow_anonymous true\n" });
    expect(problems).toEqual([letsIn(2)]);
    expect(opened(settings)).toEqual(["1883", "1884", "8883", "8884"]);
    expect(settings.listeners[0]).toEqual({ ...untouched.listeners[0], origin: { file: "a.conf", line: 1 } });
    expect(settings.anonymous?.rights).toBe("all");
  });

  test("an anonymous listener gets one, and the others ask for logins", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": "listener 1885\nlistener_allow_anonymous true\nmax_connections 20\n",
    });
    expect(problems).toEqual([]);
    expect(settings.anonymous).toBeNull();
    expect([...settings.listenerAccess]).toEqual([
      [
        "1885",
        {
          auth: [...settings.auth, { type: "anonymous", settings: { acceptsUserNames: false }, onBadPassword: "deny" }],
          passwordFile: null,
          aclFile: null,
          anonymous: { rights: "all", origin: { file: "a.conf", line: 2 } },
          certificateName: null,
        },
      ],
    ]);
    expect(settings.listeners).toEqual([
      ...untouched.listeners,
      {
        name: "1885",
        protocol: "mqtt",
        host: "::",
        terms: ALL_CLIENTS,
        port: 1885,
        tls: null,
        proxy: null,
        maxConnections: 20,
        limits: {},
        origin: { file: "a.conf", line: 1 },
      },
    ]);
  });

  test("larger packets", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "max_packet_size 20000000\n" });
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      ...untouched,
      limits: { ...limitsFrom(NO_LIMITS_SAID), maxPacketSize: 20_000_000 },
    });
  });

  test("a log file", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `log_type all
log_dest file /share/mosquitto/mosquitto.log
connection_messages true
log_timestamp_format %Y-%m-%dT%H:%M:%S
`,
    });
    expect(problems).toEqual([]);
    expect(settings.log).toEqual({
      types: new Set(["error", "warning", "notice", "information", "debug", "subscribe", "unsubscribe"]),
      destinations: [{ kind: "file", path: "/srv/culex/share/mosquitto/mosquitto.log" }],
      timePrefix: "%Y-%m-%dT%H:%M:%S: ",
      connectionMessages: true,
    });
  });

  test("its own users, rules and a WebSocket port", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `persistence true
persistence_location /data/
allow_anonymous false
password_file /share/mosquitto/passwd
acl_file /share/mosquitto/aclfile
listener 9001
protocol websockets
`,
    });
    expect(problems).toEqual([]);
    expect(settings.passwordFile?.path).toBe("/srv/culex/share/mosquitto/passwd");
    expect(settings.aclFile?.path).toBe("/srv/culex/share/mosquitto/aclfile");
    expect(chain(settings)).toEqual([
      "system-users: deny",
      "logins: next",
      "password-file: next",
      "home-assistant: deny",
    ]);
    expect(settings.listeners.at(-1)).toMatchObject({ name: "9001", port: 9001, protocol: "websockets", tls: null });
  });

  test("queues", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `max_queued_messages 10000
max_inflight_messages 100
queue_qos0_messages true
persistent_client_expiration 14d
autosave_interval 300
`,
    });
    expect(problems).toEqual([]);
    const limits = {
      ...limitsFrom(NO_LIMITS_SAID),
      maxQueuedMessages: 10_000,
      maxInflight: 100,
      receiveMaximum: 100,
      queueQos0: true,
      maxSessionExpiryS: 14 * 86_400,
    };
    const store = { path: "/srv/culex/data/culex.db", intervalS: 300, mode: "interval" };
    expect(settings).toEqual({ ...untouched, limits, store });
  });

  test("client certificates as identity gets the name from them, and no login beside them", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `listener 8885
certfile /ssl/fullchain.pem
keyfile /ssl/privkey.pem
cafile /ssl/clients-ca.pem
require_certificate true
use_identity_as_username true
`,
    });
    expect(problems).toEqual([]);
    expect(settings.listenerAccess.get("8885")).toEqual({
      auth: [{ type: "certificate", settings: { naming: "common-name" }, onBadPassword: "deny" }, ...settings.auth],
      passwordFile: null,
      aclFile: null,
      anonymous: null,
      certificateName: "common-name",
    });
    const file = (name: string, line: number) => ({
      path: `/srv/culex/ssl/${name}`,
      shown: `/ssl/${name}`,
      folder: "/ssl",
      origin: { file: "a.conf", line },
    });
    expect(settings.listeners.at(-1)).toEqual({
      name: "8885",
      protocol: "mqtt",
      host: "::",
      terms: ALL_CLIENTS,
      port: 8885,
      tls: {
        certfile: file("fullchain.pem", 2),
        keyfile: file("privkey.pem", 3),
        cafile: file("clients-ca.pem", 4),
        requireCertificate: true,
        capath: null,
        crlfile: null,
        minVersion: "TLSv1.2",
        ciphers: null,
        ciphersuites: null,
      },
      maxConnections: null,
      proxy: null,
      limits: {},
      origin: { file: "a.conf", line: 1 },
    });
  });

  test("dynamic security gets it, with its file where the folder is", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": `per_listener_settings false
plugin /usr/lib/mosquitto_dynamic_security.so
plugin_opt_config_file /share/mosquitto/dynamic-security.json
`,
    });
    expect(problems).toEqual([]);
    expect(settings.dynamicSecurity).toEqual({
      file: {
        path: "/srv/culex/share/mosquitto/dynamic-security.json",
        shown: "/share/mosquitto/dynamic-security.json",
        folder: "/share/mosquitto",
        origin: { file: "a.conf", line: 3 },
      },
      passwordInitFile: null,
      origin: { file: "a.conf", line: 2 },
    });
  });

  // panel.md 5.4, row 13
  test("a plugin among other lines", () => {
    const { problems } = composeAddOn({
      "bridge.conf": `${"persistence true\n".repeat(11)}plugin /usr/lib/something.so\nplugin_opt_key value\n`,
    });
    expect(problems).toEqual([
      'bridge.conf line 12: "plugin" loads native code and is not supported here. The line is ignored; the other 11 lines are used. Logins can come from password_file, rules from acl_file.',
    ]);
  });
});

describe("mistakes seen in the wild", () => {
  test("access rules in a conf file are one problem that says where they belong", () => {
    const { settings, problems } = composeAddOn({
      "acl.conf": "topic readwrite #\nuser meter\ntopic read a/#\npattern write %u/#\nset_tcp_nodelay true\n",
    });
    expect(problems).toEqual([
      'acl.conf line 1: "topic readwrite #" is an access rule, and access rules do not work in a conf file. The access rules in this file are not in force; the other line is used. Move them to a file without ".conf" at the end and name it here: acl_file <path of that file>',
    ]);
    expect(settings).toEqual(untouched);
  });

  test.each(["pattern read devices/%u/cmd", "topic a/b", "topic deny x/#"])(
    "%s is taken for an access rule",
    (line) => {
      expect(composeAddOn({ "acl.conf": line }).problems).toEqual([
        `acl.conf line 1: "${line}" is an access rule, and access rules do not work in a conf file. The access rules in this file are not in force. Move them to a file without ".conf" at the end and name it here: acl_file <path of that file>`,
      ]);
    },
  );

  test("relative files start in the folder of the conf file", () => {
    const { settings } = composeAddOn({ "a.conf": "acl_file aclfile\n" });
    expect(settings.aclFile).toMatchObject({ path: "/srv/culex/share/mosquitto/aclfile", shown: "aclfile" });
  });

  test("Windows line ends and tabs work", () => {
    const { settings } = composeAddOn({ "a.conf": "listener\t1885\t192.0.2.1\r\nmax_connections\t7\r\n" });
    expect(settings.listeners.at(-1)).toMatchObject({ name: "192.0.2.1:1885", host: "192.0.2.1", maxConnections: 7 });
  });

  test("listener 8883 is the add-on's own TLS port, with the certificate of the options", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "listener 8883\n" });
    expect(problems).toEqual([]);
    expect(settings.listeners).toEqual(
      untouched.listeners.map((listener) =>
        listener.name === "8883" ? { ...listener, origin: { file: "a.conf", line: 1 } } : listener,
      ),
    );
  });

  test("listener 8883 without any certificate stays closed", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "listener 8883\n" }, { certfile: "", keyfile: "" });
    expect(opened(settings)).toEqual(["1883", "1884"]);
    expect(problems).toEqual([
      "a.conf line 1: listener 8883 has no certificate, which takes both certfile and keyfile. It stays closed. Add the missing ones below the listener, or set them in the options.",
    ]);
  });

  test("an acl_file without a name is a file that is never found, not a broker without rules", () => {
    const { settings } = composeAddOn({ "a.conf": "acl_file\n" });
    expect(settings.aclFile).toMatchObject({ path: "/srv/culex/share/mosquitto", shown: "(no name)" });
  });
});

describe("files that include_dir brings in", () => {
  function compose(main: string, included: string) {
    const { options } = parseOptions("{}", "options.json", addOn);
    const conf = [confFile("a.conf", main, [confFile("inner.conf", included)])];
    const { settings, problems } = composeSettings({ environment: addOn, options, conf });
    return { settings, problems: sentences(problems) };
  }

  test("count in their place, and the current listener goes on behind them", () => {
    const { settings, problems } = compose(
      "message_size_limit 1\nlistener 1885\ninclude_dir x\nmax_connections 5\n",
      "message_size_limit 2\nlistener 1886\nmax_connections 6\n",
    );
    expect(problems).toEqual([]);
    expect(settings.limits.maxPayloadBytes).toBe(2);
    expect(settings.listeners.slice(4).map(({ name, maxConnections }) => [name, maxConnections])).toEqual([
      ["1885", 5],
      ["1886", 6],
    ]);
  });

  test("start with no listener of their own", () => {
    const { settings } = compose("listener 1885\ninclude_dir x\n", "max_connections 6\n");
    expect(settings.listeners.map(({ name, maxConnections }) => [name, maxConnections])).toEqual([
      ["1883", 6],
      ["1884", null],
      ["8883", null],
      ["8884", null],
      ["1885", null],
    ]);
  });

  test("are overruled by a later line", () => {
    expect(
      compose("include_dir x\nmessage_size_limit 1\n", "message_size_limit 2\n").settings.limits.maxPayloadBytes,
    ).toBe(1);
  });
});
