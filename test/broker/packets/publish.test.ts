import { describe, expect, test } from "vitest";
import mqttPacket from "mqtt-packet";
import { readPublish, withTopic } from "../../../src/broker/packets/publish.ts";
import { encode, publish } from "../wire.ts";

function read(packet: Buffer, version: 3 | 4 | 5) {
  return readPublish(packet, 0, 2, packet.length, version);
}

describe("reading a PUBLISH in place", () => {
  test.each([
    ["QoS 0", publish("a/b", "xyz"), 4, { topic: "a/b", qos: 0, packetId: 0, payload: "xyz" }],
    ["QoS 2", publish("a/b", "", { qos: 2, messageId: 513 }), 4, { topic: "a/b", qos: 2, packetId: 513, payload: "" }],
    ["MQTT 5", publish("ä", "1", { qos: 1, messageId: 7 }), 5, { topic: "ä", qos: 1, packetId: 7, payload: "1" }],
    [
      "properties",
      publish("t", "1", { properties: { contentType: "x", userProperties: { a: "b" }, topicAlias: 3 } }),
      5,
      { topic: "t", qos: 0, packetId: 0, payload: "1", alias: 3 },
    ],
  ] as const)("%s", (_name, packet, version, expected) => {
    const bytes = encode(packet, version);
    const header = read(bytes, version);
    if (typeof header === "string") throw new Error(header);
    const { topic, qos, packetId, alias, payloadAt } = header;
    const payload = bytes.toString("utf8", payloadAt);
    expect({ topic, qos, packetId, payload, ...(alias === null ? {} : { alias: alias.value }) }).toEqual(expected);
  });

  test.each([
    ["QoS 3", "3603000161", 4, "malformed"],
    ["a topic that is cut off", "3003000561", 4, "malformed"],
    ["no packet id at QoS 1", "3203000161", 4, "malformed"],
    ["packet id 0", "32050001610000", 4, "malformed"],
    ["an empty topic", "30020000", 4, "topic"],
    ["an empty topic without an alias", "3003000000", 5, "topic"],
    ["the wildcard +", "300300012b", 4, "topic"],
    ["the wildcard #", "3003000123", 4, "topic"],
    ["U+0000", "3003000100", 4, "topic"],
    ["invalid UTF-8", "30030001ff", 4, "topic"],
    ["a surrogate", "30050003eda080", 4, "topic"],
    ["properties that are cut off", "300400016105", 5, "malformed"],
    ["an unknown property", "3006000161027f00", 5, "malformed"],
    ["a property twice", "300a00016106230001230002", 5, "malformed"],
    ["alias 0", "300700016103230000", 5, "alias"],
  ] as const)("%s is refused", (_name, hex, version, fault) => {
    expect(read(Buffer.from(hex, "hex"), version)).toBe(fault);
  });

  test("an alias is replaced by the topic it stands for, everything else stays", () => {
    const properties = { contentType: "text", topicAlias: 4, userProperties: { a: ["1", "2"] } };
    const bytes = encode(publish("", "payload", { qos: 1, messageId: 9, retain: true, properties }), 5);
    const header = read(bytes, 5);
    if (typeof header === "string") throw new Error(header);
    const topic = "long/".repeat(40);
    const packets: unknown[] = [];
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on("packet", (packet) => packets.push(packet));
    parser.parse(withTopic(bytes, 0, bytes.length, header, topic));
    expect(packets).toMatchObject([
      {
        topic,
        qos: 1,
        messageId: 9,
        retain: true,
        payload: Buffer.from("payload"),
        properties: { contentType: "text", userProperties: { a: ["1", "2"] } },
      },
    ]);
    expect(packets).not.toMatchObject([{ properties: { topicAlias: expect.anything() } }]);
  });
});
