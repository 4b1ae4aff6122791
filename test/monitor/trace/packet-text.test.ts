import { generate, parser, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { nameText, packetText, payloadText } from "../../../src/monitor/trace/packet-text.ts";

/** A packet as it is read from the wire. */
function read(packet: Packet, protocolVersion: 4 | 5 = 4): Packet {
  const found: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on("packet", (next) => found.push(next));
  reader.parse(generate(packet, { protocolVersion }));
  const [first] = found;
  if (first === undefined) throw new Error("no packet");
  return first;
}

test.each<[Packet, string]>([
  [
    {
      cmd: "connect",
      clientId: "c1",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: true,
      keepalive: 60,
      username: "u",
      password: Buffer.from("hunter2"),
      will: { topic: "w", payload: Buffer.from("gone"), qos: 1, retain: false },
    },
    'CONNECT(Q0, R0, D0, ClientId=c1, ProtoName=MQTT, ProtoVsn=4, CleanSess=true, KeepAlive=60, Username=u, Password=******, Will(Q1, R0, Topic=w, Msg=<<"gone">>))',
  ],
  [{ cmd: "connack", sessionPresent: true, returnCode: 0 }, "CONNACK(Q0, R0, D0, AckFlags=1, ReturnCode=0)"],
  [
    { cmd: "publish", topic: "t/1", payload: "hi", qos: 1, retain: false, dup: true, messageId: 1 },
    'PUBLISH(Q1, R0, D1, Topic=t/1, PacketId=1, Payload=<<"hi">>)',
  ],
  [
    { cmd: "publish", topic: "t\n2", payload: "a\nb", qos: 0, retain: true, dup: false },
    'PUBLISH(Q0, R1, D0, Topic=t\\n2, Payload=<<"a\\nb">>)',
  ],
  [{ cmd: "puback", messageId: 1 }, "PUBACK(Q0, R0, D0, PacketId=1)"],
  [
    { cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "t/#", qos: 1 }] },
    'SUBSCRIBE(Q1, R0, D0, PacketId=2, TopicTable=[{<<"t/#">>,1}])',
  ],
  [{ cmd: "suback", messageId: 2, granted: [1, 128] }, "SUBACK(Q0, R0, D0, PacketId=2, QosTable=[1,128])"],
  [
    { cmd: "unsubscribe", messageId: 3, unsubscriptions: ["t/#"] },
    'UNSUBSCRIBE(Q1, R0, D0, PacketId=3, TopicTable=[<<"t/#">>])',
  ],
  [{ cmd: "pingreq" }, "PINGREQ(Q0, R0, D0)"],
])("%j", (packet, text) => {
  expect(packetText(read(packet), "text")).toBe(text);
});

test("what MQTT 5 carries beside the password is hidden too", () => {
  const connect: Packet = {
    cmd: "connect",
    clientId: "c1",
    protocolVersion: 5,
    clean: true,
    username: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln",
    properties: {
      authenticationMethod: "SCRAM-SHA-256",
      authenticationData: Buffer.from("hunter2"),
      userProperties: { "X-Api-Key": "hunter2", room: "hall" },
    },
  };
  const text = packetText(read(connect, 5), "text");
  expect(text).not.toMatch(/hunter2|eyJ|68756e74657232/);
  expect(text).toContain('"userProperties":{"X-Api-Key":"******","room":"hall"}');
});

test.each([
  ["hi", "t", "text", '<<"hi">>'],
  ["hi", "t", "hex", "<<16#6869>>"],
  ["hi", "t", "hidden", "****** (2 bytes)"],
  ['{"password":"x"}', "$CONTROL/dynamic-security/v1", "text", "****** (16 bytes)"],
  ["ü".repeat(600), "t", "text", `<<"${"ü".repeat(512)}">>... (1200 bytes)`],
  [`a${"ü".repeat(600)}`, "t", "text", `<<"a${"ü".repeat(511)}">>... (1201 bytes)`],
] as const)("a payload: %#", (payload, topic, form, text) => {
  expect(payloadText(Buffer.from(payload), topic, form)).toBe(text);
});

test("bytes that are no text are written in hex", () => {
  expect(payloadText(Buffer.from([0xff, 0]), "t", "text")).toBe("<<16#ff00>>");
  expect(nameText(null)).toBe("undefined");
});
