import type { Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { greet, join, subscribed, type Talker } from "../broker/talker.ts";
import { freePort } from "../helpers/free-port.ts";
import { confHouse } from "./conf-house.ts";

/** A line, and what clients see of it: without the line, and with it. */
type Row = readonly [line: string, see: (port: number) => Promise<unknown>, usual: unknown, then: unknown];

/** The message is taken, and nobody subscribes to its topic. */
const NOBODY = 0x10;
const V5 = { version: 5 } as const;
let count = 0;
const anId = (): string => `probe-${++count}`;

/** What a CONNACK of MQTT 5 says. */
const told = async (port: number, name: string, clientId = anId()): Promise<unknown> => {
  const talker = await greet(port, clientId, V5);
  const { properties = {} } = await talker.answer("connack");
  await talker.drop();
  return Object(properties)[name];
};

/** The code of a CONNACK; "closed" without one. */
const answered = async (port: number, clientId: string, more: Parameters<typeof greet>[2] = {}): Promise<unknown> => {
  const talker = await greet(port, clientId, more);
  await expect.poll(() => talker.packets.length > 0 || talker.isClosed()).toBe(true);
  const [packet] = talker.packets;
  await talker.drop();
  if (packet?.cmd !== "connack") return "closed";
  return more.version === 5 ? packet.reasonCode : packet.returnCode;
};

const subscribe = (topic: string, qos: 0 | 1 | 2 = 1): Packet => {
  return { cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] };
};

/** Publishes as MQTT 5 does and gives the codes of the acknowledgements, or of the DISCONNECT. */
async function publish(port: number, topic: string, payloads: readonly string[], more: object = {}): Promise<number[]> {
  const talker = await join(port, anId(), V5);
  for (const [index, payload] of payloads.entries()) {
    const id = { messageId: index + 1, dup: false };
    talker.send({ cmd: "publish", topic, payload, qos: 1, retain: false, ...id, ...more });
  }
  await talker.settle();
  const codes = talker.packets.flatMap((packet) =>
    packet.cmd === "puback" ? [packet.reasonCode ?? 0] : packet.cmd === "disconnect" ? [packet.reasonCode ?? 0] : [],
  );
  await talker.drop();
  return codes;
}

/** How many of some messages come to a client that never acknowledges. */
async function unacknowledged(port: number): Promise<number> {
  const topic = anId();
  const talker = await subscribed(await join(port, anId()), subscribe(topic));
  await publish(port, topic, ["x".repeat(100), "x".repeat(100), "x".repeat(100)]);
  await talker.settle();
  const { length } = talker.messages();
  await talker.drop();
  return length;
}

/** How many of `sent` messages wait for a client that was away. */
async function kept(port: number, sent: number, qos: 0 | 1): Promise<number> {
  const [topic, clientId] = [anId(), anId()];
  const lasting = { clean: false } as const;
  await (await subscribed(await join(port, clientId, lasting), subscribe(topic))).drop();
  const payloads = Array.from({ length: sent }, () => "x".repeat(100));
  await publish(port, topic, payloads, { qos });
  const after = await join(port, clientId, lasting);
  const seen = new Set<number>();
  const acknowledge = (): void => {
    for (const { messageId = 0, qos: level } of after.messages()) {
      if (level === 1 && !seen.has(messageId)) after.send({ cmd: "puback", messageId });
      seen.add(messageId || -seen.size);
    }
  };
  await after.settle();
  for (let before = -1; before !== after.messages().length;) {
    before = after.messages().length;
    acknowledge();
    await after.settle();
  }
  const { length } = after.messages();
  await after.drop();
  await answered(port, clientId);
  return length;
}

async function deliveredQos(port: number): Promise<unknown> {
  const topic = anId();
  const talker = await subscribed(await join(port, anId()), subscribe(topic, 1));
  await publish(port, topic, ["x"], { qos: 0 });
  await talker.settle();
  const [message] = talker.messages();
  await talker.drop();
  return message?.qos;
}

/** What the broker answers on its own control topic. */
async function controlAnswer(port: number): Promise<string> {
  const talker = await subscribed(await join(port, anId(), V5), subscribe("$CONTROL/broker/v1/response"));
  const payload = '{"commands":[{"command":"listListeners"}]}';
  talker.send({
    cmd: "publish",
    topic: "$CONTROL/broker/v1",
    payload,
    qos: 1,
    messageId: 9,
    dup: false,
    retain: false,
  });
  const message = await talker.answer("publish");
  await talker.drop();
  return Object.keys(JSON.parse(message.payload.toString())).join();
}

const idPrefix = async (port: number): Promise<string> =>
  String(await told(port, "assignedClientIdentifier", "")).slice(0, 5);

const GLOBAL: readonly Row[] = [
  ["allow_zero_length_clientid false", (port) => answered(port, ""), 0, 2],
  ["auto_id_prefix door-", idPrefix, "auto-", "door-"],
  ["clientid_prefixes door-", (port) => answered(port, anId()), 0, 5],
  ["clientid_prefixes probe-", (port) => answered(port, anId()), 0, 0],
  ["global_max_clients 1", (port) => answered(port, anId(), V5), 0, 0x89],
  ["global_max_connections 1", (port) => answered(port, anId(), V5), 0, 0x89],
  ["max_inflight_messages 7", (port) => told(port, "receiveMaximum"), 20, 7],
  ["max_inflight_messages 2", unacknowledged, 3, 2],
  ["max_inflight_bytes 150", unacknowledged, 3, 2],
  ["max_keepalive 30", (port) => told(port, "serverKeepAlive"), undefined, 30],
  ["max_keepalive 30", (port) => answered(port, anId(), { keepalive: 60 }), 0, 2],
  ["max_packet_size 100", (port) => told(port, "maximumPacketSize"), undefined, 100],
  ["max_packet_size 100", (port) => publish(port, "a", ["x".repeat(200)]), [NOBODY], [0x95]],
  ["max_queued_messages 3", (port) => kept(port, 30, 1), 30, 3],
  ["max_queued_bytes 500", (port) => kept(port, 30, 1), 30, 4],
  ["memory_limit 1", (port) => answered(port, anId(), V5), 0, 0x97],
  ["message_size_limit 5", (port) => publish(port, "a", ["12345", "123456"]), [NOBODY, NOBODY], [NOBODY, 0x97]],
  ["persistent_client_expiration 90s", (port) => expiry(port), undefined, 90],
  ["queue_qos0_messages true", (port) => kept(port, 1, 0), 0, 1],
  ["retain_available false", (port) => told(port, "retainAvailable"), undefined, false],
  ["retain_available false", (port) => publish(port, "a", ["x"], { retain: true }), [NOBODY], [0x9a]],
  ["upgrade_outgoing_qos true", deliveredQos, 0, 1],
  ["enable_control_api true", controlAnswer, "error", "responses"],
];

/** The same of one listener; the other one has no such line. */
const OF_LISTENER: readonly Row[] = [
  ["accept_protocol_versions 5", (port) => answered(port, anId()), 0, 1],
  ["accept_protocol_versions 3 4", (port) => answered(port, anId(), V5), 0, 0x84],
  ["listener_auto_id_prefix door-", idPrefix, "auto-", "door-"],
  ["max_connections 1", crowded, 0, "closed"],
  ["max_qos 1", (port) => told(port, "maximumQoS"), undefined, 1],
  ["max_qos 0", (port) => publish(port, "a", ["x"]), [NOBODY], [0x9b]],
  ["maximum_qos 0", (port) => publish(port, "a", ["x"]), [NOBODY], [0x9b]],
  ["max_topic_alias 3", (port) => told(port, "topicAliasMaximum"), 10, 3],
  ["max_topic_alias_broker 0", aliased, true, false],
  ["use_username_as_clientid true", (port) => answered(port, anId()), 0, 5],
  ["listener_allow_anonymous false", (port) => answered(port, anId()), 0, 5],
];

/** What a second client hears while a first one is there. */
async function crowded(port: number): Promise<unknown> {
  const first = await greet(port, anId());
  await first.answer("connack");
  const second = await answered(port, anId());
  await first.drop();
  return second;
}

/** Whether a topic that was sent once comes as a number the next time. */
async function aliased(port: number): Promise<boolean> {
  const topic = anId();
  const talker = await join(port, anId(), { ...V5, properties: { topicAliasMaximum: 5 } });
  await subscribed(talker, subscribe(topic));
  await publish(port, topic, ["1", "2"]);
  await talker.settle();
  const [, second] = talker.messages();
  await talker.drop();
  return second?.topic === "";
}

async function expiry(port: number): Promise<unknown> {
  const talker = await greet(port, anId(), { ...V5, properties: { sessionExpiryInterval: 1000 } });
  const { properties } = await talker.answer("connack");
  talker.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
  return properties?.sessionExpiryInterval;
}

/** Has every row seen without its line, with it, and without it again, in one broker whose other client stays. */
async function walk(
  rows: readonly Row[],
  base: string,
  place: (line: string) => string,
  port: number,
  unconcerned: number | null = null,
): Promise<void> {
  const house = await confHouse(base);
  const stays: Talker = await join(unconcerned ?? port, "stays", V5);
  for (const [line, see, usual, then] of rows) {
    expect.soft({ [line]: await see(port) }, "by default").toEqual({ [line]: usual });
    expect.soft(await house.put(place(line))).toContain(" 0 closed");
    expect.soft({ [line]: await see(port) }, "after the reload").toEqual({ [line]: then });
    if (unconcerned !== null) expect.soft({ [line]: await see(unconcerned) }, "elsewhere").toEqual({ [line]: usual });
    expect.soft(await house.put(base)).toContain(" 0 closed");
  }
  await stays.settle();
  expect(stays.isClosed()).toBe(false);
  expect(await house.stop()).toBe(0);
}

test("a line of the whole broker counts from the reload on, ends with it, and drops nobody", async () => {
  const port = await freePort();
  const base = `allow_anonymous true\nlistener ${port} 127.0.0.1\n`;
  await walk(GLOBAL, base, (line) => `${line}\n${base}`, port);
});

test("a line of a listener counts for that one from the reload on, ends with it, and drops nobody", async () => {
  const [own, other] = [await freePort(), await freePort()];
  const base = `allow_anonymous true\nlistener ${other} 127.0.0.1\nlistener ${own} 127.0.0.1\n`;
  await walk(OF_LISTENER, base, (line) => `${base}${line}\n`, own, other);
});
