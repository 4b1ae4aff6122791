import { describe, expect, test } from "vitest";
import { findEmqRow } from "../../../src/settings/emq/table.ts";
import { parseEmq } from "../../../src/settings/emq/file.ts";
import { composeAddOn, composeStandAlone, opened } from "../compose.ts";

const compose = (conf: string) => composeStandAlone(conf, {}, "emq.conf");

describe("a file that is not of EMQ alone is not used", () => {
  test.each([
    [
      "mqtt.acl_nomatch = deny\nacl_file rules\n",
      'emq.conf line 2: "acl_file" is a line of Mosquitto, and others in this file are of EMQ.',
      "Move the lines of Mosquitto to a conf file of their own.",
    ],
    [
      "mqtt.acl_nomatch = deny\nmqtt.acl_file etc/acl.conf\n",
      'emq.conf line 2: this is no line of EMQ, which has a name, "=" and a value.',
      "Correct the line, or begin it with # if it is a comment.",
    ],
  ])("%j", (text, what, fix) => {
    expect(parseEmq("/x/emq.conf", text)).toMatchObject({ directives: [], fault: { what, fix } });
  });
});

test("comments, old line ends and a byte order mark change nothing", () => {
  const { directives, problems } = parseEmq("/x/emq.conf", "\uFEFF## a\r\n mqtt.acl_nomatch=deny # why\r#b\nx.y = \n");
  expect(directives).toEqual([
    { name: "mqtt.acl_nomatch", value: "deny", origin: { file: "emq.conf", line: 2 } },
    { name: "x.y", value: "", origin: { file: "emq.conf", line: 4 } },
  ]);
  expect(problems).toEqual([]);
});

test("a # within a value, and a name that stands twice, are named without the value", () => {
  const { directives, problems } = parseEmq("/x/a.conf", "a.password = pa#ss\na.password = word\n");
  expect(directives).toEqual([{ name: "a.password", value: "word", origin: { file: "a.conf", line: 2 } }]);
  expect(problems.map(({ what, now, fix }) => `${what} ${now} ${fix}`)).toEqual([
    'a.conf line 1: "#" begins a comment in a file of EMQ, also in the middle of a value. The value ends before it, as in EMQ. Choose a value without "#", or put a blank before the comment.',
    'a.conf line 1: "a.password" stands once more in line 2. The last one counts, as in EMQ. Remove one of the two.',
  ]);
});

const USER = "auth.user.1.username = a\nauth.user.1.password = b\n";
const OPEN = "listener.tcp.a = 1883\nmqtt.allow_anonymous = true\n";

describe("what keeps somebody out is not lost", () => {
  test.each([
    [
      "an unreadable switch",
      "mqtt.allow_anonymous = yes\nlistener.tcp.a = 1883\nauth.user.1.username = a\nauth.user.1.password = b\n",
      'emq.conf line 1: "mqtt.allow_anonymous = yes" is not understood. Clients without a user name stay shut out; the other 3 lines are used. Write true or false.',
    ],
    [
      "a misspelt switch",
      `mqtt.allow_anonymus = false\nmqtt.allow_anonymous = false\nlistener.tcp.a = 1883\n${USER}`,
      'emq.conf line 1: "mqtt.allow_anonymus" is not a name of EMQ 2. Clients without a user name stay shut out; the other 4 lines are used. Did you mean "mqtt.allow_anonymous"?',
    ],
    [
      "a name as EMQ 3 has it",
      `allow_anonymous = true\nlistener.tcp.a = 1883\n${USER}`,
      'emq.conf line 1: "allow_anonymous" is not a name of EMQ 2. Clients without a user name stay shut out; the other 3 lines are used. Did you mean "mqtt.allow_anonymous"?',
    ],
  ])("%s", (_what, conf, problem) => {
    const { settings, problems } = compose(conf);
    expect(problems).toEqual([problem]);
    expect(settings.anonymous).toBeNull();
  });

  test("a misspelt default for rules denies", () => {
    const { settings, problems } = compose(`mqtt.acl_nomach = deny\n${OPEN}`);
    expect(settings.aclTerms.noMatch).toBe("deny");
    expect(problems).toEqual([
      'emq.conf line 1: "mqtt.acl_nomach" is not a name of EMQ 2. What no rule allows is denied; the other 2 lines are used. Did you mean "mqtt.acl_nomatch"?',
    ]);
  });

  test("mqtt.acl_deny_action is EMQ's name for deny_action", () => {
    const { settings } = compose(`mqtt.acl_deny_action = disconnect\nmqtt.acl_nomatch = deny\n${OPEN}`);
    expect(settings.aclTerms).toMatchObject({ noMatch: "deny", denyAction: "disconnect" });
    const { settings: unread, problems } = compose(`mqtt.acl_deny_action = kick\nmqtt.acl_nomatch = deny\n${OPEN}`);
    expect(unread.aclTerms).not.toHaveProperty("denyAction");
    expect(problems[0]).toContain('emq.conf line 1: "mqtt.acl_deny_action = kick" is not understood.');
    expect(problems[0]).toContain("Write ignore or disconnect.");
  });

  test("a misspelt file of rules is a file that is never found", () => {
    const { settings, problems } = compose(`mqtt.acl_flie = etc/acl.conf\n${OPEN}mqtt.acl_nomatch = deny\n`);
    expect(settings.aclFile).not.toBeNull();
    expect(problems).toEqual([
      'emq.conf line 1: "mqtt.acl_flie" is not a name of EMQ 2. The rules in use stay, and without any no device may use a topic; the other 3 lines are used. Did you mean "mqtt.acl_file"?',
    ]);
  });

  test("a plugin that there is not closes anonymous access", () => {
    const { settings, problems } = compose(`auth.jwt.secret = emqsecret\n${OPEN}`);
    expect(settings.anonymous).toBeNull();
    expect(problems).toEqual([
      'emq.conf line 1: "auth.jwt.secret" is of no plugin that is known here. The line is ignored; the other 2 lines are used. Check the spelling, or remove it.',
      'emq.conf line 3: "mqtt.allow_anonymous = true" would let in more than was meant, because "auth.jwt.secret" (emq.conf line 1) is not carried out. Clients without a user name stay shut out. Remove one of the two.',
      'emq.conf: anonymous access is off and there is no plugin with users, so no login can succeed. Every client is refused. Add the lines of a plugin, for example "auth.user.1.username = ...", or "mqtt.allow_anonymous = true".',
    ]);
  });

  test.each([
    [
      "access.1 = deny all",
      '"listener.tcp.a.access.1 = deny all" keeps addresses out, which a listener here does not do.',
      'Keep them out with a firewall, or deny them all topics with {deny, {ipaddr, "..."}, pubsub, ["#"]} in acl.conf, and remove the line.',
    ],
    [
      "proxy_protocol = on",
      '"listener.tcp.a.proxy_protocol = on" does not say which version of the PROXY protocol the proxy sends.',
      'Move the listener to a conf file of Mosquitto, with "enable_proxy_protocol 1" or "enable_proxy_protocol 2" below it.',
    ],
    [
      "verify = verify_per",
      '"listener.tcp.a.verify = verify_per" is not understood.',
      "Write verify_peer or verify_none.",
    ],
    [
      "fail_if_no_peer_cert = yes",
      '"listener.tcp.a.fail_if_no_peer_cert = yes" is not understood.',
      "Write true or false.",
    ],
    [
      "mountpoint = device/%c/",
      '"listener.tcp.a.mountpoint = device/%c/" is not understood.',
      "Write the beginning of a topic, without %u and %c, which this broker does not put there.",
    ],
    [
      "tls_versions = tlsv1",
      '"listener.tcp.a.tls_versions = tlsv1" is not understood.',
      "Write tlsv1.2, tlsv1.3 or both.",
    ],
    [
      "peer_cert_as_username = crt",
      '"listener.tcp.a.peer_cert_as_username = crt" is not understood.',
      "Write cn or dn.",
    ],
    [
      "fail_if_no_per_cert = true",
      '"listener.tcp.a.fail_if_no_per_cert" is not a name of EMQ 2.',
      'Did you mean "listener.tcp.a.fail_if_no_peer_cert"?',
    ],
    [
      "psk_ciphers = x",
      '"listener.tcp.a.psk_ciphers" asks for pre-shared keys, which are not offered.',
      "Use certfile and keyfile, and remove the line.",
    ],
  ])("a listener stays closed: %s", (option, what, fix) => {
    const { settings, problems } = compose(`${OPEN}listener.tcp.a.${option}\n`);
    expect(opened(settings)).toEqual([]);
    expect(problems).toEqual([
      `emq.conf line 3: ${what} Listener 1883 stays closed; the other 2 lines are used. ${fix}`,
    ]);
  });

  test("a name in a certificate is no login beside plugins that ask for a password", () => {
    const cert =
      "listener.ssl.a = 8883\nlistener.ssl.a.cacertfile = etc/ca.pem\nlistener.ssl.a.peer_cert_as_username = cn\n";
    expect(opened(compose(cert).settings)).toEqual(["8883"]);
    const { settings, problems } = compose(`${cert}${USER}`);
    expect(opened(settings)).toEqual([]);
    expect(problems).toEqual([
      'emq.conf line 3: "listener.ssl.a.peer_cert_as_username = cn" is a login by itself here, where EMQ asks its plugins for the password too. Listener 8883 stays closed. Remove the line, or list users with their certificates in auth.yaml.',
    ]);
  });

  test.each([
    ["auth.mysql.acl_qeury = x", '"auth.mysql.acl_qeury" is not a name of EMQ', 'Did you mean "auth.mysql.acl_query"?'],
    [
      "auth.mysql.acl_query =",
      '"auth.mysql.acl_query" has no value',
      "Write the query, or remove the line if there are no rules.",
    ],
    ["auth.mysql.pool = many", '"auth.mysql.pool = many" is no whole number from 1', "Write a number."],
    ["auth.mysql.ssl = maybe", '"auth.mysql.ssl = maybe" is neither true nor false', "Write true or false."],
    ["auth.mysql.query_timeout = soon", '"soon" is no time', "Write a time, for example 5s."],
    [
      "auth.mysql.ssl = on\nauth.mysql.ssl_opts.cacertfile = etc/no.pem",
      'the file "etc/no.pem" cannot be read',
      "Create it, or correct its name.",
    ],
  ])("a stage is not used with %s", (lines, what, fix) => {
    const complete =
      "auth.mysql.username = u\nauth.mysql.database = mqtt\nauth.mysql.auth_query = select 1\nmqtt.acl_nomatch = deny\n";
    const { settings } = compose(`${complete}${lines}\n`);
    expect(settings.auth.map(({ type, written }) => [type, written?.faults])).toEqual([
      ["mysql", [{ where: { file: "emq.conf", line: 4 + lines.split("\n").length }, what, fix }]],
    ]);
  });

  test("half an entry of a list lets nobody in", () => {
    const { settings, problems } = compose(
      `${USER}auth.user.2.username = x\nauth.user.3.username = a\nauth.user.3.password = c\n`,
    );
    expect(settings.auth.map(({ settings: own }) => own)).toEqual([{ users: [{ username: "a", password: "b" }] }]);
    expect(problems).toEqual([
      'emq.conf line 3: "auth.user.2.username" is without a "auth.user.2.password" that has a value. It lets nobody in. Add "auth.user.2.password = ...".',
      'emq.conf line 4: there is another entry for "a". It lets nobody in. Remove one of the two.',
    ]);
  });
});

test("a misspelt line of a list is no client id of EMQ 2.0", () => {
  const { settings, problems } = compose("auth.client.1.clientd = x\nauth.client.meter = m\n");
  expect(settings.auth.map(({ settings: own }) => own)).toEqual([{ clients: [{ clientid: "meter", password: "m" }] }]);
  expect(problems).toEqual([
    'emq.conf line 1: "auth.client.1.clientd" is not understood. It lets nobody in. Write "auth.client.1.clientid" and "auth.client.1.password".',
  ]);
});

test("two files that both number a user 1 have one user, and that is said", () => {
  const { settings, problems } = composeAddOn({
    "a.conf": USER,
    "b.conf": "auth.user.1.username = c\nauth.user.1.password = d\n",
  });
  expect(settings.auth.find(({ type }) => type === "users")?.settings).toEqual({
    users: [{ username: "c", password: "d" }],
  });
  expect(problems).toEqual([
    'a.conf line 1: "auth.user.1.username" stands once more in b.conf line 1. The last one counts. Remove one of the two, or give it another number.',
    'a.conf line 2: "auth.user.1.password" stands once more in b.conf line 2. The last one counts. Remove one of the two, or give it another number.',
  ]);
});

test("without the folder of plugins it is not known whom they would refuse", () => {
  const { settings, problems } = compose(`${OPEN}mqtt.plugins.etc_dir = etc/plugins/\n`);
  expect(settings.anonymous).toBeNull();
  expect(problems.slice(0, 2)).toEqual([
    'emq.conf line 3: "mqtt.plugins.etc_dir": there is no folder "etc/plugins/". Files of plugins count where they are read by themselves, and no others; the other 2 lines are used. Remove the line, or copy the folder.',
    'emq.conf line 2: "mqtt.allow_anonymous = true" beside "mqtt.plugins.etc_dir": which plugins EMQ would ask is not known. Clients without a user name stay shut out. Remove "mqtt.plugins.etc_dir" if there is no plugin for logins, or copy the files of those that are loaded.',
  ]);
});

describe("where EMQ lets in more", () => {
  test("unknown names are no anonymous clients", () => {
    const { settings, problems } = compose(`${OPEN}${USER}`);
    expect(settings.auth.at(-1)).toEqual({
      type: "anonymous",
      settings: { acceptsUserNames: false },
      onBadPassword: "deny",
    });
    expect(problems).toEqual([
      'emq.conf line 2: "mqtt.allow_anonymous = true": EMQ lets in every client whose user name is on no list, with any password. Only clients that send no user name are let in without a password. Write "mqtt.allow_anonymous = false" if that is not wanted either.',
    ]);
  });

  test("beside a database EMQ refuses clients without a name, and so do we", () => {
    const { settings, problems } = compose(
      `${OPEN}auth.redis.auth_cmd = HGET u:%u p\nauth.redis.password_hash = plain\n`,
    );
    expect(settings.anonymous).toBeNull();
    expect(problems).toEqual([
      'emq.conf line 2: "mqtt.allow_anonymous = true" beside "auth.redis": EMQ refuses a client without a user name then. Clients without a user name stay shut out. Write "mqtt.allow_anonymous = false", or list the stages in auth.yaml with "type: anonymous" as the last.',
    ]);
  });

  test("a server's certificate is checked", () => {
    const { problems } = compose(
      "auth.pgsql.ssl = true\nauth.pgsql.database = d\nauth.pgsql.auth_query = select 1\nauth.user.1.username = a\nauth.user.1.password = b\n",
    );
    expect(problems).toEqual([
      "emq.conf line 1: TLS is on, and no ssl_opts.cacertfile says whose certificates are taken. Only one of a public authority is taken, where EMQ takes any. Name the CA of your server with ssl_opts.cacertfile.",
      "emq.conf line 4: EMQ asks the plugin first that was loaded last, which its files do not say. They are asked in this order: auth.user and auth.pgsql. If the same user is known to two of them and the other is to decide, list them in auth.yaml instead.",
    ]);
  });
});

test("limits, sizes and times are read in EMQ's units", () => {
  const { settings, problems } = compose(`${OPEN}mqtt.max_packet_size = 64KB
mqtt.session.max_subscriptions = 0
mqtt.session.upgrade_qos = on
mqtt.session.max_inflight = 32
mqtt.session.max_awaiting_rel = 0
mqtt.session.expiry_interval = 2h
mqtt.mqueue.max_length = 500
mqtt.mqueue.store_qos0 = true
retainer.max_message_num = 9
mqtt.broker.sys_interval = 1m
`);
  expect(problems).toEqual([]);
  expect(settings.limits).toMatchObject({
    maxPacketSize: 65_536,
    maxSubscriptions: Infinity,
    upgradeQos: true,
    maxInflight: 32,
    maxInboundQos2: 65_535,
    maxSessionExpiryS: 7200,
    maxQueuedMessages: 500,
    queueQos0: true,
    maxRetainedMessages: 9,
  });
  expect(settings.sysIntervalS).toBe(60);
});

test("what $SYS tells of the process is said in EMQ's words", () => {
  const told = (lines: string): readonly unknown[] => {
    const { settings, problems } = compose(`${OPEN}${lines}`);
    const { sysmonLongGcMs, sysmonLongScheduleMs, sysmonBusyPortBytes } = settings.limits;
    return [sysmonLongGcMs, sysmonLongScheduleMs, sysmonBusyPortBytes, problems.length];
  };
  const lines = (gc: string, schedule: string, port: string): string =>
    `sysmon.long_gc = ${gc}\nsysmon.long_schedule = ${schedule}\nsysmon.busy_port = ${port}\n`;
  expect(told(lines("false", "240", "false"))).toEqual([Infinity, 240, Infinity, 0]);
  expect(told(lines("50ms", "false", "true"))).toEqual([50, Infinity, 1_048_576, 0]);
  expect(told(lines("often", "1s", "8MB"))).toEqual([100, 240, 1_048_576, 3]);
});

test("a listener's lines may stand in any order, and those of another or of none do not count for it", () => {
  const { settings, problems } = compose(
    "listener.tcp.a.max_clients = 5\nlistener.tcp.b = ::1:1884\nlistener.tcp.c.max_clients = 6\nlistener.tcp.a = 127.0.0.1:1883\nmqtt.allow_anonymous = true\n",
  );
  expect(settings.listeners.map(({ name, maxConnections }) => [name, maxConnections])).toEqual([
    ["127.0.0.1:1883", 5],
    ["[::1]:1884", null],
  ]);
  expect(problems).toEqual([
    'emq.conf line 3: "listener.tcp.c.max_clients" is about a listener that no line of this file opens. The line is ignored; the other 4 lines are used. Add "listener.tcp.c = <port>", or remove the line.',
  ]);
});

test("what a listener's clients may send in a second is its rate_limit", () => {
  const { settings, problems } = compose(`${OPEN}listener.tcp.a.rate_limit = 100,4\n`);
  expect(settings.listeners[0]?.limits).toMatchObject({ maxByteRate: 4096 });
  expect(problems).toEqual([]);
});

test("EMQ's HTTP API is the port where messages are taken over HTTP", () => {
  const { settings, problems } = compose(
    `${OPEN}listener.api.mgmt = 127.0.0.1:8080\nlistener.api.mgmt.max_clients = 64\n`,
  );
  expect(settings.http).toMatchObject({ host: "127.0.0.1", port: 8080 });
  expect(problems).toEqual([
    'emq.conf line 4: "listener.api.mgmt.max_clients" has no effect here: the port for publishing over HTTP is told nothing more by lines of EMQ. The line is ignored; the other 3 lines are used. Remove the line.',
  ]);
});

test("a listener that cannot be opened is one problem", () => {
  const { settings, problems } = compose(`listener.tcp.a = here\nlistener.tcp.a.max_clients = 5\n${USER}`);
  expect(opened(settings)).toEqual([]);
  expect(problems).toEqual([
    'emq.conf line 1: "listener.tcp.a = here" is not understood. No listener is opened for it; the other 2 lines are used. Write a port, or an address and a port: 1883, 127.0.0.1:1883 or [::1]:1883.',
  ]);
});

test.each(["node.name", "cluster.name", "log.console", "dashboard.listener.http", "module.rewrite.rule.1"])(
  "%s has no effect here, and that is said",
  (name) => {
    expect(findEmqRow(name)?.fate).toBe("ignored");
  },
);
