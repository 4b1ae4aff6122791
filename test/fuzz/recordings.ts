import { generate, type Packet } from "mqtt-packet";

/** What a client of one version sends in its life, packet by packet. */
export interface Recording {
  readonly connect: Buffer;
  /** Everything after the CONNECT. */
  readonly packets: readonly [Buffer, ...Buffer[]];
  /** Its answer, ANSWERED, tells that everything before it was read. */
  readonly last: Buffer;
}

type Connect = Extract<Packet, { cmd: "connect" }>;
type Version = 3 | 4 | 5;

/** In every recorded CONNECT. */
export const CLIENT_ID = "fuzz";

/** UNSUBACK with the packet identifier 0xFFFE, in hex. */
export const ANSWERED = /b00[24]fffe/;

const WILL = { topic: "fuzz/will", payload: Buffer.from("gone"), qos: 1, retain: false } as const;

const BEFORE_MQTT_5: readonly [Packet, ...Packet[]] = [
  {
    cmd: "subscribe",
    messageId: 1,
    subscriptions: [
      { topic: "fuzz/#", qos: 2 },
      { topic: "fuzz/+/x", qos: 0 },
    ],
  },
  { cmd: "publish", topic: "fuzz/a", payload: "0", qos: 0, dup: false, retain: false },
  { cmd: "publish", topic: "fuzz/a/x", payload: "one", qos: 1, messageId: 2, dup: false, retain: true },
  { cmd: "publish", topic: "fuzz/b", payload: "two", qos: 2, messageId: 3, dup: true, retain: false },
  { cmd: "pubrel", messageId: 3 },
  { cmd: "puback", messageId: 1 },
  { cmd: "pubrec", messageId: 2 },
  { cmd: "pubcomp", messageId: 2 },
  { cmd: "pingreq" },
  { cmd: "publish", topic: "fuzz/a/x", payload: "", qos: 0, dup: false, retain: true },
  { cmd: "unsubscribe", messageId: 4, unsubscriptions: ["fuzz/+/x", "fuzz/never"] },
  { cmd: "disconnect" },
];

const SINCE_MQTT_5: readonly Packet[] = [
  {
    cmd: "subscribe",
    messageId: 5,
    subscriptions: [
      { topic: "fuzz/b/#", qos: 1, nl: true, rap: true, rh: 1 },
      { topic: "$share/g/fuzz/+", qos: 2 },
    ],
    properties: { subscriptionIdentifier: 300, userProperties: { why: "fuzz" } },
  },
  {
    cmd: "publish",
    topic: "fuzz/b/c",
    payload: "text",
    qos: 1,
    messageId: 6,
    dup: false,
    retain: false,
    properties: {
      payloadFormatIndicator: true,
      messageExpiryInterval: 5,
      topicAlias: 1,
      responseTopic: "fuzz/r",
      correlationData: Buffer.from("c"),
      contentType: "text/plain",
      userProperties: { a: ["1", "2"], b: "3" },
    },
  },
  { cmd: "publish", topic: "", payload: "by alias", qos: 0, dup: false, retain: false, properties: { topicAlias: 1 } },
  { cmd: "puback", messageId: 1, reasonCode: 0x10, properties: { reasonString: "why" } },
  { cmd: "pubrec", messageId: 2, reasonCode: 0x80 },
  { cmd: "pubrel", messageId: 9, reasonCode: 0x92, properties: { userProperties: { a: "b" } } },
  { cmd: "auth", reasonCode: 0x18, properties: { authenticationMethod: "m", authenticationData: Buffer.from("d") } },
  { cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 1, reasonString: "bye" } },
];

/** Sessions that hold to the specification; every packet type and every property of a client occurs in them. */
export const RECORDINGS: readonly [Recording, ...Recording[]] = [
  record(4, {}),
  record(3, {}),
  record(4, { will: WILL, username: "u", password: Buffer.from("p") }),
  record(5, {}),
  record(5, { properties: { receiveMaximum: 2, maximumPacketSize: 200, topicAliasMaximum: 3 } }),
  record(5, {
    username: "u",
    will: {
      ...WILL,
      properties: {
        willDelayInterval: 1,
        payloadFormatIndicator: true,
        messageExpiryInterval: 9,
        contentType: "text",
        responseTopic: "r",
        correlationData: Buffer.from("c"),
        userProperties: { a: ["1", "2"], b: "3" },
      },
    },
    properties: {
      sessionExpiryInterval: 1,
      requestResponseInformation: true,
      requestProblemInformation: true,
      userProperties: { client: "fuzz" },
    },
  }),
];

function record(version: Version, more: Partial<Connect>): Recording {
  const encode = (packet: Packet): Buffer => generate(packet, { protocolVersion: version });
  const connect: Connect = {
    cmd: "connect",
    protocolId: version === 3 ? "MQIsdp" : "MQTT",
    protocolVersion: version,
    clientId: CLIENT_ID,
    clean: true,
    keepalive: 10,
    ...more,
  };
  const [first, ...rest] = BEFORE_MQTT_5;
  const others = version === 5 ? [...rest, ...SINCE_MQTT_5] : rest;
  const last = encode({ cmd: "unsubscribe", messageId: 0xfffe, unsubscriptions: ["end"] });
  return { connect: encode(connect), packets: [encode(first), ...others.map(encode)], last };
}
