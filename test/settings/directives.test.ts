import { describe, expect, test } from "vitest";
import { directives, findDirective } from "../../src/settings/directives.ts";
import { limitNames } from "../../src/settings/limit-options.ts";
import { parseInteger } from "../../src/settings/directives/row.ts";
import { composeSettings } from "../../src/settings/settings.ts";
import { composeAddOn, composeStandAlone, confFile, opened, standAlone } from "./compose.ts";

/** Every directive that mosquitto 2.1 or 2.0 knows. */
const MOSQUITTO = `
acl_file allow_anonymous allow_duplicate_messages allow_zero_length_clientid auto_id_prefix autosave_interval
autosave_on_changes check_retain_source clientid_prefixes connection_messages enable_control_api global_max_clients
global_max_connections include_dir log_dest log_facility log_timestamp log_timestamp_format log_type max_inflight_bytes
max_inflight_messages max_keepalive max_packet_size max_queued_bytes max_queued_messages memory_limit message_size_limit
packet_buffer_size websockets_headers_size password_file per_listener_settings persistence retained_persistence
persistence_file persistence_location persistent_client_expiration pid_file psk_file queue_qos0_messages
retain_available retain_expiry_interval retry_interval set_tcp_nodelay sys_interval upgrade_outgoing_qos user
websockets_log_level port bind_address dhparamfile
listener protocol accept_protocol_versions bind_interface cafile capath certfile keyfile ciphers ciphers_tls1.3 crlfile
disable_client_cert_date_checks enable_proxy_protocol proxy_protocol_v2_require_tls http_dir listener_allow_anonymous
listener_auto_id_prefix max_connections max_qos maximum_qos max_topic_alias max_topic_alias_broker mount_point psk_hint
require_certificate socket_domain tls_engine tls_engine_kpass_sha1 tls_keyform tls_version use_identity_as_username
use_subject_as_username use_username_as_clientid websockets_origin
plugin auth_plugin global_plugin plugin_load plugin_use plugin_opt_config_file auth_opt_backends
auth_plugin_deny_special_chars
connection address addresses topic remote_username username remote_password password remote_clientid clientid
local_clientid local_username local_password cleansession local_cleansession start_type idle_timeout threshold
restart_timeout keepalive_interval notifications notifications_local_only notification_topic try_private round_robin
bridge_attempt_unsubscribe bridge_protocol_version bridge_max_packet_size bridge_outgoing_retain bridge_receive_maximum
bridge_session_expiry_interval bridge_max_topic_alias bridge_bind_address bridge_tcp_keepalive bridge_tcp_user_timeout
bridge_reload_type bridge_cafile bridge_capath bridge_tls_use_os_certs bridge_certfile bridge_keyfile bridge_insecure
bridge_tls_version bridge_alpn bridge_ciphers bridge_ciphers_tls1.3 bridge_require_ocsp bridge_identity bridge_psk
`;
const names = MOSQUITTO.trim().split(/\s+/);

describe("the table of directives", () => {
  test.each(names)("knows %s", (name) => {
    expect(findDirective(name)).not.toBeNull();
  });

  test("has each name once, and beside mosquitto's our own only", () => {
    const rows = directives.map(({ name }) => name);
    expect(new Set(rows).size).toBe(rows.length);
    const known = new Set(names);
    const families = ["plugin_opt_*", "auth_opt_*"];
    const ours = [...limitNames.filter((name) => !known.has(name)), ...HTTP, ...FIGURES];
    // "pattern" is there to say that access rules belong elsewhere.
    const foreign = rows.filter((name) => !known.has(name) && !families.includes(name));
    expect(foreign.toSorted()).toEqual(["ban_file", "pattern", ...ours].toSorted());
  });

  test.each(["constructor", "__proto__", "plugin_op"])("does not know %s", (name) => {
    expect(findDirective(name)).toBeNull();
  });
});

const FIGURES = [
  "metrics",
  "metrics_token",
  "sensors",
  "sensors_device",
  "sensors_interval",
  "sensors_name",
  "sensors_prefix",
];
const HTTP = ["http_publish", "http_publish_certfile", "http_publish_keyfile", "http_publish_keys", "panel"];

describe("a number in a conf file", () => {
  test.each([
    ["20", 20],
    ["0", 0],
    ["-1", -1],
    ["+7", 7],
    ["0x10", 16],
    ["-0X1f", -31],
    ["010", 8],
    ["2147483647", 2_147_483_647],
  ])("%s is %d", (word, value) => {
    expect(parseInteger(word)).toBe(value);
  });

  test.each(["", "10k", "1.5", "08", "0x", "ten", "2147483648", "1e3", "--1"])("%j is none", (word) => {
    expect(parseInteger(word)).toBeNull();
  });
});

test.each(["allow_duplicate_messages false", "check_retain_source false", "sys_interval 10"])(
  "%s asks for what happens anyway",
  (line) => {
    const { settings, problems } = composeAddOn({ "a.conf": `${line}\n` });
    expect(problems).toEqual([]);
    expect(settings).toEqual(composeAddOn().settings);
  },
);

describe("a line that means nothing here", () => {
  const TLS = "listener 1885\ncertfile /ssl/a.pem\nkeyfile /ssl/a.key\n";
  const DYNSEC = "plugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file dynsec.json\n";
  test.each([
    ["", "autosave_on_changes true", "changes are not counted"],
    ["", "dhparamfile /ssl/dh.pem", "the parameters of the key exchange are chosen automatically"],
    ["", "log_facility 5", "nothing is written to syslog"],
    ["", "packet_buffer_size 4096", "buffers grow and shrink by themselves"],
    ["", "pid_file /run/x.pid", "no file with the process number is written"],
    ["", "retry_interval 20", "messages are sent again when a client reconnects, as MQTT demands"],
    ["", "websockets_headers_size 4096", "buffers grow and shrink by themselves"],
    ["", "websockets_log_level 7", "WebSocket lines are part of the other log types"],
    [TLS, "disable_client_cert_date_checks true", "certificates count between their dates only"],
    [TLS, "tls_engine pkcs11", "keys are read from files only"],
    [TLS, "tls_engine_kpass_sha1 00", "keys are read from files only"],
    [TLS, "tls_keyform engine", "keys are read from files only"],
    [DYNSEC, "auth_plugin_deny_special_chars false", "it is about plugins that are not loaded"],
  ])("%s%s is one warning, and all else is as without it", (above, line, because) => {
    const { settings, problems } = composeAddOn({ "a.conf": `${above}${line}\n` });
    const [name] = line.split(" ");
    expect(problems).toEqual([
      expect.stringMatching(
        `: "${name}" has no effect here: ${because}\\. The line is ignored.*\\. Remove the line\\.$`,
      ),
    ]);
    expect(settings).toEqual(composeAddOn({ "a.conf": above }).settings);
  });

  test.each(["persistence_file x.db", "retain_expiry_interval 10", "set_tcp_nodelay true"])(
    "%s asks for what happens anyway, and nothing is said",
    (line) => {
      const { settings, problems } = composeAddOn({ "a.conf": `${line}\n` });
      expect(problems).toEqual([]);
      expect(settings).toEqual(composeAddOn().settings);
    },
  );
});

describe("a line that is not carried out", () => {
  test.each([
    [
      "allow_duplicate_messages true",
      '"allow_duplicate_messages true" has no effect here: a client gets each message once, however many of its subscriptions match. The line is ignored. Remove the line.',
    ],
    [
      "user mosquitto # root",
      '"user mosquitto" names the account that Mosquitto runs as and has no effect here. The line is ignored. Remove the line. If an access rule was meant, move it to the file that acl_file names.',
    ],
    [
      "psk_file /share/psk",
      '"psk_file" asks for pre-shared keys, which are not offered. The line is ignored. Use certfile, keyfile and cafile instead.',
    ],
    [
      "max_packet_sice 20",
      '"max_packet_sice" is not a setting of mosquitto.conf. The line is ignored. Did you mean "max_packet_size"?',
    ],
    [
      "nonsense",
      '"nonsense" is not a setting of mosquitto.conf. The line is ignored. Check the spelling, or remove the line.',
    ],
    [
      "max_packet_size 10",
      '"max_packet_size 10": "10" is too low. The line is ignored. Write a whole number from 20 to 268435460.',
    ],
    [
      "max_packet_size 10k",
      '"max_packet_size 10k": "10k" is not a whole number. The line is ignored. Write a whole number from 20 to 268435460.',
    ],
    [
      "max_packet_size 268435461",
      '"max_packet_size 268435461": "268435461" is too high. The line is ignored. Write a whole number from 20 to 268435460.',
    ],
    [
      "message_size_limit",
      '"message_size_limit" has no value. The line is ignored. Write a whole number from 0 to 268435460.',
    ],
    [
      "connection_messages on",
      '"connection_messages on": "on" is neither true nor false. The line is ignored. Write true or false.',
    ],
    [
      "log_type warnings",
      '"log_type warnings": "warnings" is not known. The line is ignored. Did you mean "warning"? (none, information, notice, warning, error, debug, subscribe, unsubscribe, websockets, internal, all)',
    ],
    [
      "log_dest syslog",
      '"log_dest syslog": this broker does not write to syslog. Lines go to the other destinations of these files, or to the usual one if there is none. Use "log_dest stderr", which a service manager hands to the system\'s log, or "log_dest file <path>".',
    ],
    [
      "log_dest dlt",
      '"log_dest dlt": "dlt" is not offered here. The line is ignored. Use one of: none, stdout, stderr, topic, file <path>.',
    ],
    [
      "log_timestamp_format",
      '"log_timestamp_format" has no value. The line is ignored. Write a format, for example "log_timestamp_format %Y-%m-%d %H:%M:%S".',
    ],
    ["log_dest file", '"log_dest file": "file" names no file. The line is ignored. Write "log_dest file <path>".'],
    [
      "address 192.0.2.1",
      '"address" belongs below a "connection" line, and there is none above it. The line is ignored. Put "connection <name>" above it, or remove it.',
    ],
    [
      "topic sensor/# in 0",
      '"topic" belongs below a "connection" line, and there is none above it. The line is ignored. Put "connection <name>" above it, or remove it.',
    ],
    [
      "plugin_opt_config_file /x",
      '"plugin_opt_config_file" belongs below a "plugin" line, and there is none above it. The line is ignored. Remove the line.',
    ],
    [
      "global_plugin /usr/lib/mosquitto_persist_sqlite.so",
      '"global_plugin" loads native code and is not supported here. The line is ignored. Write "persistence true" instead.',
    ],
    [
      "auth_plugin /mosquitto/go-auth.so",
      `"auth_plugin" loads native code and is not supported here. The line is ignored. Home Assistant's users log in here without it; more logins can be listed in the options.`,
    ],
    [
      "bind_address 127.0.0.1",
      'listener 1883 is the add-on\'s own, and its address cannot be set to "127.0.0.1". It keeps its address. Use another port for a listener with an address of its own.',
    ],
    [
      "protocol websockets",
      '"protocol websockets" does not fit port 1883, which is the add-on\'s own and speaks mqtt. The line is ignored. Use another port for it.',
    ],
    [
      "require_certificate true",
      '"require_certificate" asks for TLS on port 1883, which is the add-on\'s own port without TLS. The line is ignored. Set the certificate in the options, or put the line below a listener with a port of its own.',
    ],
    [
      "http_dir /www",
      '"http_dir" asks for a web server, which a listener is not here. The line is ignored. Remove the line.',
    ],
    [
      "listener 0 /run/mqtt.sock",
      '"listener 0 /run/mqtt.sock" asks for a Unix socket, which is not offered here. No listener is opened for it. Use a TCP port: listener 1883 127.0.0.1',
    ],
    [
      "listener 70000",
      '"listener 70000": "70000" is not a port. No listener is opened for it. Write a port from 1 to 65535.',
    ],
    ["port x", '"port x": "x" is not a port. No listener is opened for it. Write a port from 1 to 65535.'],
  ])("%s says so, and changes nothing", (line, text) => {
    const { settings, problems } = composeAddOn({ "a.conf": `${line}\n` });
    expect(problems).toEqual([`a.conf line 1: ${text}`]);
    expect(settings).toEqual(composeAddOn().settings);
  });

  test("counts the lines of its file that are used all the same", () => {
    const { problems } = composeAddOn({
      "a.conf": "pid_file x\nset_tcp_nodelay true\n",
      "b.conf": "persistence true\n",
    });
    expect(problems).toEqual([
      'a.conf line 1: "pid_file" has no effect here: no file with the process number is written. The line is ignored; the other line is used. Remove the line.',
    ]);
  });

  test("does not hide the next one", () => {
    expect(composeAddOn({ "a.conf": "nonsense\npid_file x\nmax_packet_size x\n" }).problems).toHaveLength(3);
  });
});

describe("a line that cannot be carried out and would open more when left out", () => {
  test.each([
    ["psk_hint x", '"psk_hint" asks for pre-shared keys, which are not offered.', "Use certfile and keyfile instead."],
    ["protocol http_api", '"protocol http_api": "http_api" is not known.', "Use one of: mqtt, websockets."],
    [
      "require_certificate ture",
      '"require_certificate ture": "ture" is neither true nor false.',
      "Write true or false.",
    ],
  ])("%s keeps its listener shut", (line, what, fix) => {
    const { settings, problems } = composeAddOn({ "a.conf": `listener 1885 192.0.2.1\n${line}\nlistener 1886\n` });
    expect(opened(settings)).toEqual(["1883", "1884", "8883", "8884", "1886"]);
    expect(problems).toEqual([
      `a.conf line 2: ${what} Listener 192.0.2.1:1885 stays closed; the other 2 lines are used. ${fix}`,
    ]);
  });

  test("never shuts the add-on's own plain port, nor changes it", () => {
    const { settings } = composeAddOn({ "a.conf": "psk_hint x\nrequire_certificate ture\n" });
    expect(settings).toEqual(composeAddOn().settings);
  });

  test("shuts the add-on's own TLS port below its name", () => {
    const { settings } = composeAddOn({ "a.conf": "listener 8883\npsk_hint x\n" });
    expect(opened(settings)).toEqual(["1883", "1884", "8884"]);
  });

  test("a wrong allow_anonymous shuts clients without a user name out", () => {
    const { settings, problems } = composeStandAlone("allow_anonymous ture\n");
    expect(settings.anonymous).toBeNull();
    expect(problems[0]).toBe(
      'mosquitto.conf line 1: "allow_anonymous ture": "ture" is neither true nor false. Clients without a user name stay shut out. Write true or false.',
    );
  });

  test("the lines of a listener that was refused belong to no other listener", () => {
    const { settings, problems } = composeAddOn({
      "a.conf":
        "listener 1885\nmax_connections 5\nlistener 0 /x\nmax_connections 1\nprotocol websockets\nmount_point a\n",
    });
    expect(settings.listeners.at(-1)).toMatchObject({ name: "1885", maxConnections: 5, protocol: "mqtt" });
    expect(problems).toHaveLength(1);
  });
});

describe("a line that keeps somebody out and is misspelt", () => {
  const notASetting = (name: string): string => `"${name}" is not a setting of mosquitto.conf.`;
  const shutOut = "Clients without a user name stay shut out";

  test("acl_file names a file that is never found, so that no rule opens more than was meant", () => {
    const { settings, problems } = composeAddOn({ "a.conf": "acl_flie /share/rules/acl\nset_tcp_nodelay true\n" });
    expect(problems).toEqual([
      `a.conf line 1: ${notASetting("acl_flie")} The rules in use stay, and without any no device may use a topic; the other line is used. Did you mean "acl_file"?`,
    ]);
    expect(settings.aclFile).toEqual({
      path: "/srv/culex/share/mosquitto/acl_flie is not a setting",
      shown: "/share/rules/acl",
      folder: "/share/rules",
      origin: { file: "a.conf", line: 1 },
    });
  });

  test.each(["acl_file=acl", "acl_file:", "acl_file\u00a0acl", "\u200bacl_file", '"acl_file'])(
    "acl_file with something else than a space behind it does so too: %j",
    (name) => {
      const { settings, problems } = composeAddOn({ "a.conf": `${name} acl\n` });
      expect(problems).toEqual([
        'a.conf line 1: "acl_file" does not stand by itself. The rules in use stay, and without any no device may use a topic. Write "acl_file", a space and the value.',
      ]);
      expect(settings.aclFile?.path).toBe(
        "/srv/culex/share/mosquitto/acl_file is not a setting".replace("acl_file", name),
      );
    },
  );

  test.each(["remote_password=hunter2", "remote_pasword:hunter2"])("%s is not quoted with what it holds", (line) => {
    const [problem] = composeAddOn({ "a.conf": `connection a\naddress a.lan\n${line}\ntopic # in\n` }).problems;
    expect(problem).toMatch(/^a\.conf line 3: "remote_pass?word" (?:is|does) /);
    expect(problem).not.toContain("hunter2");
  });

  test("acl_file is obeyed when a later line has it right", () => {
    const { settings } = composeAddOn({ "a.conf": "acl_fil acl\nacl_file acl\n" });
    expect(settings.aclFile?.path).toBe("/srv/culex/share/mosquitto/acl");
  });

  test("password_file names a file that is never found, so that nobody is let in unasked", () => {
    const { settings, problems } = composeStandAlone("listener 1883\npasword_file passwd\n");
    expect(problems).toEqual([
      `mosquitto.conf line 2: ${notASetting("pasword_file")} The users of a file in use stay, and without any nobody logs in with that file; the other line is used. Did you mean "password_file"?`,
    ]);
    expect(settings.passwordFile).toMatchObject({ shown: "passwd" });
    expect(settings.auth.map(({ type }) => type)).toEqual(["password-file"]);
  });

  test.each(["true", "false"])("allow_anonymous shuts out, also with the value %s", (value) => {
    const line = `allow_anonymus ${value}`;
    const { settings, problems } = composeAddOn({ "a.conf": `${line}\n` }, { anonymous: true });
    expect(settings.anonymous).toBeNull();
    expect(problems[0]).toBe(
      `a.conf line 1: ${notASetting("allow_anonymus")} ${shutOut}. Did you mean "allow_anonymous"?`,
    );
    expect(composeStandAlone(`${line}\n`).settings.anonymous).toBeNull();
  });

  test("listener_allow_anonymous shuts out on its listener", () => {
    const { settings, problems } = composeStandAlone(
      "listener 1885\nlistener_alow_anonymous false\nallow_anonymous true\n",
    );
    expect(settings.anonymous?.rights).toBe("all");
    expect(settings.listenerAccess.get("1885")?.anonymous).toBeNull();
    expect(problems[0]).toBe(
      `mosquitto.conf line 2: ${notASetting("listener_alow_anonymous")} Clients without a user name stay shut out of this listener; the other 2 lines are used. Did you mean "listener_allow_anonymous"?`,
    );
  });

  test.each([
    ["require_certifcate true", "require_certifcate", "require_certificate"],
    ["certfle a.pem", "certfle", "certfile"],
    ["keyfiel a.pem", "keyfiel", "keyfile"],
    ["bind_adress 127.0.0.1", "bind_adress", "bind_address"],
    ["mount_pont house/", "mount_pont", "mount_point"],
    ["protocl websockets", "protocl", "protocol"],
  ])("%s keeps its listener shut", (line, name, meant) => {
    const { settings, problems } = composeAddOn({ "a.conf": `listener 1885\n${line}\nlistener 1886\n` });
    expect(opened(settings)).toEqual(["1883", "1884", "8883", "8884", "1886"]);
    expect(problems).toEqual([
      `a.conf line 2: ${notASetting(name)} Listener 1885 stays closed; the other 2 lines are used. Did you mean "${meant}"?`,
    ]);
  });

  test.each([
    ["acl_flie x", "error"],
    ["pasword_file x", "error"],
    ["allow_anonymus true", "error"],
    ["listener 1885\nrequire_certifcate true", "error"],
    ["max_packet_sice 20", "warning"],
  ])("%j is an error where it closes something", (lines, severity) => {
    const conf = [confFile("a.conf", `${lines}\n`)];
    const { problems } = composeSettings({ environment: standAlone, options: null, conf });
    expect(problems[0]?.severity).toBe(severity);
  });
});
