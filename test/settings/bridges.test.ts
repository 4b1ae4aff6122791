import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { composeStandAlone } from "./compose.ts";

const BLOCK = "connection far\naddress far.lan\ntopic a/# out\n";

function only(text: string) {
  const { settings, problems } = composeStandAlone(`listener 1883\nallow_anonymous true\n${text}`);
  const own = problems.filter((problem) => !problem.includes("allow_anonymous"));
  return { bridge: settings.bridges[0], problems: own };
}

describe("a bridge", () => {
  test("has mosquitto's defaults", () => {
    const { bridge, problems } = only(BLOCK);
    expect(problems).toEqual([]);
    expect(bridge).toEqual({
      name: "far",
      addresses: [{ host: "far.lan", port: 1883 }],
      topics: [{ direction: "out", qos: 0, local: "a/#", remote: "a/#", localPrefix: "", remotePrefix: "" }],
      username: null,
      password: null,
      remoteClientId: `${hostname()}.far`,
      localClientId: `local.${hostname()}.far`,
      cleanSession: false,
      localCleanSession: false,
      startType: "automatic",
      threshold: 10,
      restart: { baseS: 5, capS: 30, stableS: 0 },
      keepaliveS: 60,
      notifications: "both",
      notificationTopic: `$SYS/broker/connection/${hostname()}.far/state`,
      tryPrivate: true,
      roundRobin: false,
      attemptUnsubscribe: true,
      version: 4,
      maxPacketSize: null,
      outgoingRetain: true,
      receiveMaximum: null,
      sessionExpiryS: null,
      bindAddress: null,
      reload: "immediate",
      tls: null,
      origin: { file: "mosquitto.conf", line: 3 },
    });
  });

  test.each([
    ["address a b:1 [::1]:2 # c", { addresses: [1883, 1883, 1, 2] }],
    ["remote_username u", { username: "u" }],
    ["username u v", { username: "u v" }],
    ["password p # w", { password: "p # w" }],
    ["clientid c", { remoteClientId: "c", localClientId: "local.c" }],
    ["local_clientid l", { localClientId: "l" }],
    ["cleansession true", { cleanSession: true, localCleanSession: true }],
    ["cleansession true\nlocal_cleansession false", { cleanSession: true, localCleanSession: false }],
    ["start_type lazy\nthreshold 3", { startType: "lazy", threshold: 3 }],
    ["restart_timeout 7", { restart: { baseS: 7, capS: 7, stableS: 0 } }],
    ["restart_timeout 5 60 10", { restart: { baseS: 5, capS: 60, stableS: 10 } }],
    ["keepalive_interval 2", { keepaliveS: 5 }],
    ["notifications false", { notifications: "off" }],
    ["notifications_local_only true", { notifications: "local" }],
    ["notification_topic a/b", { notificationTopic: "a/b" }],
    ["try_private false\nround_robin true", { tryPrivate: false, roundRobin: true }],
    ["bridge_attempt_unsubscribe false\nbridge_outgoing_retain false", { attemptUnsubscribe: false }],
    ["bridge_protocol_version mqttv50", { version: 5 }],
    ["bridge_protocol_version mqttv31", { version: 3 }],
    ["bridge_max_packet_size 100\nbridge_receive_maximum 5", { maxPacketSize: 100, receiveMaximum: 5 }],
    ["bridge_session_expiry_interval 60", { sessionExpiryS: 60 }],
    ["bridge_bind_address 127.0.0.1\nbridge_reload_type lazy", { bindAddress: "127.0.0.1", reload: "lazy" }],
    ["bridge_capath /etc/ssl/certs\nbridge_alpn mqtt", { tls: { capath: "/etc/ssl/certs", alpn: "mqtt" } }],
    ["bridge_tls_use_os_certs true\nbridge_tls_version tlsv1.3", { tls: { minVersion: "TLSv1.3" } }],
  ])("takes %j", (lines, expected) => {
    const { bridge, problems } = only(`${BLOCK}${lines}\n`);
    expect(problems).toEqual([]);
    const shown = "addresses" in expected ? { addresses: bridge?.addresses.map(({ port }) => port) } : bridge;
    expect(shown).toMatchObject(expected);
  });

  test.each([
    [
      "local_username u",
      '"local_username" has no effect here: a bridge needs no login at this broker. The line is ignored; the other 5 lines are used. Remove the line.',
    ],
    [
      "start_type manual",
      '"start_type manual": "manual" is not known. The line is ignored; the other 5 lines are used. Use one of: automatic, lazy, once.',
    ],
    [
      "restart_timeout 9 3",
      '"restart_timeout 9 3": "9" is not a time to wait. The line is ignored; the other 5 lines are used. Write seconds: one number up to 3600, or the shortest wait and the longest one up to 7200.',
    ],
    [
      "address far.lan:x",
      '"address far.lan:x": "far.lan:x" is not an address. The line is ignored; the other 5 lines are used. Write host or host:port, with a port from 1 to 65535.',
    ],
    [
      "topic a/# read",
      '"topic a/# read": "read" is not a direction. The line is ignored; the other 5 lines are used. Use one of: in, out, both.',
    ],
    [
      "topic a/# in 3",
      '"topic a/# in 3": "3" is not a quality of service. The line is ignored; the other 5 lines are used. Write 0, 1 or 2.',
    ],
    [
      "topic # in 1 l r",
      '"topic # in 1 l r": "l#" is not a topic filter: "#" must be the last level and stand alone in it. The line is ignored; the other 5 lines are used. A prefix mostly ends with "/".',
    ],
    [
      "topic # in 1 +/ r/",
      '"topic # in 1 +/ r/": a prefix has no wildcards ("+" or "#"). The line is ignored; the other 5 lines are used. Put the wildcards into the topic.',
    ],
    [
      'topic "" out 0 x',
      '"topic "" out 0 x": without a topic both prefixes are needed. The line is ignored; the other 5 lines are used. Write topic "" out 0 <topic here> <topic there>.',
    ],
    [
      'topic "abc out',
      '"topic "abc out": the quotation mark is not closed. The line is ignored; the other 5 lines are used. Write "two words/#", or no quotation marks.',
    ],
  ])("goes on without the line %j", (line, sentence) => {
    const { bridge, problems } = only(`${BLOCK}${line}\n`);
    expect(problems).toEqual([`mosquitto.conf line 6: ${sentence}`]);
    expect(bridge?.name).toBe("far");
  });

  test.each([
    [
      "connection far\ntopic a out\n",
      'the bridge "far" has no address. This connection is not made. Add address <host>:<port> below it.',
    ],
    [
      "connection far\naddress a\n",
      'the bridge "far" has no topics. This connection is not made. Add topic <filter> in, out or both below it.',
    ],
    [
      `${BLOCK}notification_topic a/#\n`,
      'the bridge "far" has a notification_topic that is no topic: a topic name has no wildcards ("+" or "#"). This connection is not made. Write a topic name.',
    ],
    [
      `${BLOCK}bridge_cafile a\nbridge_certfile b\n`,
      'the bridge "far" has half a client certificate. This connection is not made. Write both bridge_certfile and bridge_keyfile, or none.',
    ],
    [
      `${BLOCK}bridge_certfile a\nbridge_keyfile b\n`,
      'the bridge "far" asks for TLS, and no line says which certificates are trusted. This connection is not made. Add bridge_cafile <file>, or bridge_tls_use_os_certs true.',
    ],
    [
      "connection far\naddress far.lan 127.0.0.1:1883\ntopic # both\n",
      'the bridge "far" leads back to this broker (127.0.0.1:1883). This connection is not made. Write the address of another broker.',
    ],
  ])("is not made from %j", (text, sentence) => {
    const { bridge, problems } = only(text);
    expect(problems).toEqual([`mosquitto.conf line 3: ${sentence}`]);
    expect(bridge).toBeUndefined();
  });

  test.each([
    [
      "bridge_psk 00",
      '"bridge_psk" asks for a pre-shared key, which is not offered. This connection is not made; the other 5 lines are used. Use bridge_cafile, and bridge_certfile with bridge_keyfile.',
    ],
    [
      "bridge_cafil ca.pem",
      '"bridge_cafil" is not a setting of mosquitto.conf. This connection is not made; the other 5 lines are used. Did you mean "bridge_cafile"?',
    ],
    [
      "bridge_tls_version tlsv1",
      '"bridge_tls_version tlsv1": "tlsv1" is not known. This connection is not made; the other 5 lines are used. Did you mean "tlsv1.2"? (tlsv1.2, tlsv1.3)',
    ],
  ])("is not made, rather than open to read, with %j", (line, sentence) => {
    const { bridge, problems } = only(`${BLOCK}${line}\n`);
    expect(problems).toEqual([`mosquitto.conf line 6: ${sentence}`]);
    expect(bridge).toBeUndefined();
  });

  test("of a name or a client id that is taken is not made", () => {
    expect(only(`${BLOCK}${BLOCK}address b\n`).problems).toEqual([
      'mosquitto.conf line 6: "connection far": there is a bridge of this name already. This connection is not made; the other 5 lines are used. Give each connection a name of its own.',
    ]);
    expect(only(`${BLOCK}clientid x\nconnection b\naddress b\ntopic a\nclientid x\n`).problems).toEqual([
      'mosquitto.conf line 7: the bridge "b" has the local client id "local.x", as the bridge "far" has. This connection is not made. Give each a local_clientid or remote_clientid of its own.',
    ]);
  });

  test("that does not look at the host name of a certificate says so", () => {
    expect(only(`${BLOCK}bridge_cafile a\nbridge_insecure true\n`).problems).toEqual([
      'mosquitto.conf line 3: the bridge "far" has bridge_insecure true. It takes any broker for the right one whose certificate is signed by a trusted authority. Use a certificate with the host name of the broker, and remove the line.',
    ]);
  });

  test.each([
    ['"two words/#" in', "two words/#"],
    ["# in", "#"],
    ["a/# in 0 # a comment", "a/#"],
    ["a/# IN", "a/#"],
  ])("reads the topic of %j", (value, local) => {
    expect(only(`connection far\naddress a\ntopic ${value}\n`).bridge?.topics).toMatchObject([
      { local, direction: "in" },
    ]);
  });
});
