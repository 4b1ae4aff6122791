import * as fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { createAckHeader, decodeAck, encodeAckWithReason, writeAck } from "../../../src/broker/packets/acks.ts";
import { decodeAuth } from "../../../src/broker/packets/auth.ts";
import { readVarint, varintSize, writeVarint } from "../../../src/broker/packets/bytes.ts";
import { PacketType } from "../../../src/broker/packets/codes.ts";
import { decodeConnect } from "../../../src/broker/packets/connect-packet.ts";
import { decodeDisconnect } from "../../../src/broker/packets/disconnect.ts";
import { createPropertyScan } from "../../../src/broker/packets/property-scan.ts";
import { createPublishHeader, decodePublish, forwardedProperties } from "../../../src/broker/packets/publish-header.ts";
import { encodeConnackV3, encodeConnackV5, encodeDisconnect } from "../../../src/broker/packets/server-packets.ts";
import { decodeSubscribe, decodeUnsubscribe } from "../../../src/broker/packets/subscribe-packet.ts";
import { isText } from "../../../src/broker/packets/utf8-text.ts";
import { RECORDINGS } from "../../fuzz/recordings.ts";
import { createHouse } from "../engine-house.ts";
import { publish, subscribe, texts } from "../packets-of.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const versions = [3, 4, 5] as const;

describe("variable byte integers", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 268_435_455 }), (value) => {
        const target = Buffer.alloc(4);
        const end = writeVarint(target, 0, value);
        expect(end).toBe(varintSize(value));
        expect(readVarint(target, 0, end)).toBe(value);
        expect(readVarint(target, 0, end - 1)).toBe(-1);
      }),
    );
  });

  it.each(["80 00", "ff ff ff ff 01", "80 80 80 80", "81 80 00"])("refuse %s", (bytes) => {
    expect(readVarint(hex(bytes), 0, hex(bytes).length)).toBe(-1);
  });
});

describe("texts", () => {
  it.each([
    ["", true],
    ["61", true],
    ["c3a4 e282ac f09f9880", true],
    ["efbbbf 61", true],
    ["00", false],
    ["c3a4 00", false],
    ["c0af", false],
    ["ed a0 80", false],
    ["f4 90 80 80", false],
    ["ff", false],
    ["c3", false],
  ])("%s: %s", (bytes, isValid) => {
    expect(isText(hex(bytes), 0, hex(bytes).length)).toBe(isValid);
  });
});

describe("CONNECT", () => {
  const connect = (body: string): Buffer => Buffer.concat([Buffer.from([0x10, hex(body).length]), hex(body)]);
  const MQTT5 = "0004 4d515454 05";
  const MQTT4 = "0004 4d515454 04";

  it.each([
    ["reserved flag", `${MQTT4} 03 0000 0001 61`, 0x81],
    ["will QoS 3", `${MQTT4} 1e 0000 0001 61 0001 77 0000`, 0x81],
    ["will QoS without will", `${MQTT4} 0a 0000 0001 61`, 0x81],
    ["will retain without will", `${MQTT4} 22 0000 0001 61`, 0x81],
    ["password without user name in 3.1.1", `${MQTT4} 42 0000 0001 61 0001 70`, 0x81],
    ["protocol level 9", "0004 4d515454 09 02 0000 0001 61", 0x84],
    ["unknown protocol name", "0004 4d515455 04 02 0000 0001 61", 0x84],
    ["no client id for a kept session in 3.1.1", `${MQTT4} 00 0000 0000`, 0x85],
    ["client id that is not UTF-8", `${MQTT4} 02 0000 0001 ff`, 0x81],
    ["client id longer than the packet", `${MQTT4} 02 0000 0009 61`, 0x81],
    ["bytes behind the end", `${MQTT4} 02 0000 0001 61 00`, 0x81],
    ["receive maximum 0", `${MQTT5} 02 0000 03 210000 0001 61`, 0x82],
    ["maximum packet size 0", `${MQTT5} 02 0000 05 2700000000 0001 61`, 0x82],
    ["request problem information 2", `${MQTT5} 02 0000 02 1702 0001 61`, 0x82],
    ["repeated session expiry", `${MQTT5} 02 0000 0a 11000000011100000001 0001 61`, 0x82],
    ["a property of PUBLISH", `${MQTT5} 02 0000 02 0101 0001 61`, 0x81],
    ["will delay among the properties of CONNECT", `${MQTT5} 02 0000 05 1800000001 0001 61`, 0x81],
    ["authentication data without method", `${MQTT5} 02 0000 04 16000161 0001 61`, 0x82],
    ["will payload that is not the text it says", `${MQTT5} 06 0000 00 0001 61 02 0101 0001 77 0001 ff`, 0x99],
    ["property section longer than the packet", `${MQTT5} 02 0000 7f 21`, 0x81],
    ["too short", "0004 4d51", 0x81],
  ])("is refused: %s", (_name, body, code) => {
    const bytes = connect(body);
    expect(decodeConnect(bytes, 0, bytes.length, 200)).toMatchObject({ kind: "fault", fault: { code } });
  });

  it.each([
    ["0000", 0x82, "broke the protocol: its will has no topic"],
    ["0001 23", 0x90, "asked for a will to a topic that holds a wildcard"],
    ["0004 612f2f62", 0x90, "asked for a will to a topic with too many levels"],
    ["0001 ff", 0x81, "sent a malformed packet: a text is not UTF-8 or holds U+0000"],
  ])("is refused for the topic of its will: %s", (topic, code, sentence) => {
    const bytes = connect(`${MQTT4} 06 0000 0001 61 ${topic} 0000`);
    expect(decodeConnect(bytes, 0, bytes.length, 2)).toMatchObject({ fault: { code, sentence } });
  });

  it("is read with everything in it", () => {
    const bytes = generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "ä",
      clean: false,
      keepalive: 30,
      username: "u",
      password: Buffer.from([0, 255]),
      properties: { sessionExpiryInterval: 9, receiveMaximum: 3, maximumPacketSize: 99, topicAliasMaximum: 4 },
      will: {
        topic: "w",
        payload: Buffer.from("ÿ"),
        qos: 2,
        retain: true,
        properties: { willDelayInterval: 5, messageExpiryInterval: 6, contentType: "t" },
      },
    });
    expect(decodeConnect(bytes, 0, bytes.length, 200)).toEqual({
      kind: "connect",
      version: 5,
      isBridge: false,
      clientId: "ä",
      cleanStart: false,
      sessionExpiryS: 9,
      keepaliveS: 30,
      username: "u",
      password: Buffer.from([0, 255]),
      will: {
        topic: "w",
        payload: Buffer.from("ÿ").toString("latin1"),
        properties: "\u0003\u0000\u0001t",
        qos: 2,
        retain: true,
        delayS: 5,
        expiryS: 6,
      },
      receiveMaximum: 3,
      maximumPacketSize: 99,
      topicAliasMaximum: 4,
      requestProblemInformation: true,
      requestResponseInformation: false,
      authMethod: null,
      authData: null,
    });
  });

  it.each([
    ["0006 4d5149736470 03", 3, false],
    ["0004 4d515454 04", 4, false],
    ["0004 4d515454 84", 4, true],
  ])("tells version and bridges apart: %s", (head, version, isBridge) => {
    const bytes = connect(`${head} 02 0000 0001 61`);
    expect(decodeConnect(bytes, 0, bytes.length, 200)).toMatchObject({ version, isBridge, sessionExpiryS: 0 });
  });
});

describe("PUBLISH", () => {
  it("keeps properties byte for byte, but for those of one hop", () => {
    const header = createPublishHeader(createPropertyScan());
    const kept = "26 0001 61 0001 31 08 0001 72 26 0001 62 0001 32";
    const section = `02 00000009 26 0001 61 0001 31 23 0002 08 0001 72 26 0001 62 0001 32`;
    const bytes = hex(
      `30 ${(hex(section).length + 5).toString(16)} 0001 74 ${hex(section).length.toString(16)} ${section} 78`,
    );
    expect(decodePublish(header, bytes, 0, bytes.length, 5)).toBeNull();
    expect(header).toMatchObject({ alias: 2, expiryS: 9 });
    expect(Buffer.from(forwardedProperties(header.properties, bytes), "latin1")).toEqual(hex(kept));
  });
});

describe("acknowledgements", () => {
  it.each(versions)("of version %i are read as they are written", (version) => {
    const header = createAckHeader(createPropertyScan());
    for (const type of [PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp]) {
      const code = type === PacketType.puback || type === PacketType.pubrec ? 0x87 : 0x92;
      const target = Buffer.alloc(5);
      const end = writeAck(target, 0, type, 0x1234, code, version);
      expect(decodeAck(header, target, 0, end, version)).toBeNull();
      expect([header.packetId, header.code]).toEqual([0x1234, version === 5 ? code : 0]);
    }
  });

  it("carry a reason string", () => {
    const header = createAckHeader(createPropertyScan());
    const bytes = encodeAckWithReason(PacketType.puback, 7, 0x87, "nö");
    expect(bytes).toEqual(hex("40 0a 0007 87 06 1f 0003 6ec3b6"));
    expect(decodeAck(header, bytes, 0, bytes.length, 5)).toBeNull();
  });
});

describe("packets of the server", () => {
  const nothing = {
    sessionExpiryS: null,
    receiveMaximum: 65_535,
    maximumQos: 2,
    retainAvailable: true,
    maximumPacketSize: Infinity,
    assignedClientId: null,
    topicAliasMaximum: 0,
    reasonString: null,
    wildcardAvailable: true,
    sharedAvailable: true,
    serverKeepaliveS: null,
    responseInformation: null,
    serverReference: null,
    authMethod: null,
    authData: null,
  } as const;

  it("say in CONNACK only what is not the default", () => {
    expect(encodeConnackV5(true, 0, nothing)).toEqual(hex("20 03 01 00 00"));
    expect(encodeConnackV5(true, 0x87, nothing)).toEqual(hex("20 03 00 87 00"));
    const told = { ...nothing, receiveMaximum: 20, maximumPacketSize: 2_000_000, assignedClientId: "x" };
    expect(encodeConnackV5(false, 0, told)).toEqual(hex("20 0f 00 00 0c 12 0001 78 27 001e8480 21 0014"));
    expect(encodeConnackV3(true, 0)).toEqual(hex("20 02 01 00"));
    expect(encodeConnackV3(true, 5)).toEqual(hex("20 02 00 05"));
  });

  it("say goodbye with or without words", () => {
    expect(encodeDisconnect(0x8e, null)).toEqual(hex("e0 01 8e"));
    expect(encodeDisconnect(0x8e, "bye")).toEqual(hex("e0 08 8e 06 1f 0003 627965"));
  });
});

describe("mutated packets", () => {
  const packets: Packet[] = [
    publish("home/a", "payload", {
      properties: { contentType: "x", userProperties: { a: ["1", "2"] }, topicAlias: 1 },
    }),
    publish("home/b", "payload", { qos: 1, properties: { messageExpiryInterval: 9, responseTopic: "r" } }),
    publish("home/c", "payload", { qos: 2, retain: true }),
    subscribe("home/#", 2, { nl: true, rh: 1 }, { subscriptionIdentifier: 300 }),
    subscribe("$share/g/home/+", 1),
    { cmd: "unsubscribe", messageId: 3, unsubscriptions: ["home/#", "x"] },
    { cmd: "puback", messageId: 1, reasonCode: 0, properties: { reasonString: "why" } },
    { cmd: "pubrec", messageId: 1, reasonCode: 0 },
    { cmd: "pubrel", messageId: 1, reasonCode: 0 },
    { cmd: "pubcomp", messageId: 1, reasonCode: 0x92 },
    { cmd: "pingreq" },
    { cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 4 } },
    { cmd: "auth", reasonCode: 0x18, properties: { authenticationMethod: "m", authenticationData: Buffer.from("d") } },
  ];
  const encoded = packets.map((packet) => generate(packet, { protocolVersion: 5 }));
  // of every version, with and without a will and properties
  const seeds = [...RECORDINGS.map(({ connect }) => connect), ...encoded];
  const mutated = fc.record({
    seed: fc.nat({ max: seeds.length - 1 }),
    version: fc.constantFrom(...versions),
    changes: fc.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { maxLength: 4 }),
    cut: fc.nat({ max: 12 }),
  });

  /** A packet with some bytes changed, cut short, and its length field made right: the framing checks that. */
  function mutate(whole: Buffer, changes: readonly (readonly [number, number])[], cut: number): Buffer {
    const headLength = 1 + varintSize(readVarint(whole, 1, whole.length));
    const body = Buffer.from(whole.subarray(headLength, Math.max(headLength, whole.length - cut)));
    const first = Buffer.from(whole.subarray(0, 1));
    for (const [at, value] of changes) {
      if (at === 0) first[0] = value;
      else if (at <= body.length) body[at - 1] = value;
    }
    const length = Buffer.alloc(4);
    return Buffer.concat([first, length.subarray(0, writeVarint(length, 0, body.length)), body]);
  }

  it("are read or refused, never more", () => {
    const scan = createPropertyScan();
    const header = createPublishHeader(scan);
    const ackHeader = createAckHeader(scan);
    fc.assert(
      fc.property(mutated, ({ seed, version, changes, cut }) => {
        const bytes = mutate(seeds[seed] ?? Buffer.alloc(0), changes, cut);
        const end = bytes.length;
        const isRead = decodePublish(header, bytes, 0, end, version) === null;
        const offsets = [header.topicStart, header.topicEnd, header.payloadStart, end];
        expect(isRead ? offsets : []).toEqual(isRead ? offsets.toSorted((a, b) => a - b) : []);
        decodeAck(ackHeader, bytes, 0, end, version);
        decodeSubscribe(scan, bytes, 0, end, version);
        decodeUnsubscribe(scan, bytes, 0, end, version);
        decodeDisconnect(scan, bytes, 0, end, version);
        decodeAuth(scan, bytes, 0, end);
        decodeConnect(bytes, 0, end, 200);
      }),
      { numRuns: 20_000, seed: 1 },
    );
  });

  it("close at most the connection they came on", () => {
    const { connect, engine } = createHouse();
    const bystander = connect("bystander");
    bystander.send(subscribe("safe/#", 1));
    bystander.take();
    fc.assert(
      fc.property(mutated, ({ seed, version, changes, cut }) => {
        const client = connect("fuzz", { version });
        client.sendBytes(mutate(seeds[seed] ?? Buffer.alloc(0), changes, cut));
        client.drop();
        expect(bystander.closed()).toBeNull();
      }),
      { numRuns: 3000, seed: 2 },
    );
    connect("pub").send(publish("safe/x", "still here"));
    expect(texts(bystander.take())).toEqual(["safe/x=still here"]);
    expect(engine.sessions.size).toBe(2);
    expect(engine.counters).toMatchObject({ connections: 2, subscriptions: 1, sharedSubscriptions: 0 });
  });
});
