import type { Packet } from "mqtt-packet";
import { expect } from "vitest";
import { greet, join, subscribed } from "../broker/talker.ts";

/** The message is taken, and nobody subscribes to its topic. */
export const NOBODY = 0x10;
export const V5 = { version: 5 } as const;
let count = 0;
export const anId = (): string => `probe-${++count}`;

/** What a CONNACK of MQTT 5 says. */
export const told = async (port: number, name: string, clientId = anId()): Promise<unknown> => {
  const talker = await greet(port, clientId, V5);
  const { properties = {} } = await talker.answer("connack");
  await talker.drop();
  return Object(properties)[name];
};

/** The code of a CONNACK; "closed" without one. */
export const answered = async (
  port: number,
  clientId: string,
  more: Parameters<typeof greet>[2] = {},
): Promise<unknown> => {
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
export async function publish(
  port: number,
  topic: string,
  payloads: readonly string[],
  more: object = {},
): Promise<number[]> {
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
export async function unacknowledged(port: number): Promise<number> {
  const topic = anId();
  const talker = await subscribed(await join(port, anId()), subscribe(topic));
  await publish(port, topic, ["x".repeat(100), "x".repeat(100), "x".repeat(100)]);
  await talker.settle();
  const { length } = talker.messages();
  await talker.drop();
  return length;
}

/** How many of `sent` messages wait for a client that was away. */
export async function kept(port: number, sent: number, qos: 0 | 1): Promise<number> {
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

export async function deliveredQos(port: number): Promise<unknown> {
  const topic = anId();
  const talker = await subscribed(await join(port, anId()), subscribe(topic, 1));
  await publish(port, topic, ["x"], { qos: 0 });
  await talker.settle();
  const [message] = talker.messages();
  await talker.drop();
  return message?.qos;
}

/** What the broker answers on its own control topic. */
export async function controlAnswer(port: number): Promise<string> {
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

export const idPrefix = async (port: number): Promise<string> =>
  String(await told(port, "assignedClientIdentifier", "")).slice(0, 5);

/** What a second client hears while a first one is there. */
export async function crowded(port: number): Promise<unknown> {
  const first = await greet(port, anId());
  await first.answer("connack");
  const second = await answered(port, anId());
  await first.drop();
  return second;
}

/** Whether a topic that was sent once comes as a number the next time. */
export async function aliased(port: number): Promise<boolean> {
  const topic = anId();
  const talker = await join(port, anId(), { ...V5, properties: { topicAliasMaximum: 5 } });
  await subscribed(talker, subscribe(topic));
  await publish(port, topic, ["1", "2"]);
  await talker.settle();
  const [, second] = talker.messages();
  await talker.drop();
  return second?.topic === "";
}

export async function expiry(port: number, sessionExpiryInterval = 1000): Promise<unknown> {
  const talker = await greet(port, anId(), { ...V5, properties: { sessionExpiryInterval } });
  const { properties } = await talker.answer("connack");
  talker.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
  return properties?.sessionExpiryInterval;
}
