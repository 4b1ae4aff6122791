import { expect, test, vi } from "vitest";
import type { Packet } from "mqtt-packet";
import { greet, type Talker } from "../talker.ts";
import { startBroker, type TestBroker } from "../wire.ts";

function messages(count: number, qos: 0 | 1 | 2, topic = "t"): Packet[] {
  return Array.from({ length: count }, (_, index) => ({
    cmd: "publish",
    topic,
    payload: String(index),
    qos,
    ...(qos === 0 ? {} : { messageId: index + 1 }),
    dup: false,
    retain: false,
  }));
}

async function reader(port: number): Promise<Talker> {
  const talker = await greet(port, "reader");
  talker.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 0 }] });
  await talker.answer("suback");
  return talker;
}

const texts = (talker: Talker): string[] => talker.messages().map(({ payload }) => String(payload));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

function slowed({ events }: TestBroker): readonly string[] {
  return events.flatMap((event) => (event.kind === "slowed" ? [event.reason.sentence] : []));
}

/** Waits until all have come, and gives the milliseconds that it took. */
async function arrival(talker: Talker, count: number, sinceMs: number): Promise<number> {
  await vi.waitFor(() => expect(texts(talker)).toHaveLength(count), { timeout: 10_000, interval: 2 });
  return performance.now() - sinceMs;
}

test.each([0, 1, 2] as const)("messages above the rate come later, none is lost, QoS %i", async (qos) => {
  const broker = await startBroker({ limits: { maxMessageRate: 40, receiveMaximum: 65_535 } });
  const ears = await reader(broker.port);
  const writer = await greet(broker.port, "writer");
  await writer.answer("connack");
  const startMs = performance.now();
  writer.send(...messages(60, qos));
  // 40 at once, and the other 20 in half a second
  const tookMs = await arrival(ears, 60, startMs);
  expect(texts(ears)).toEqual(numbers(60));
  expect(tookMs).toBeGreaterThan(450);
  const answers = writer.packets.filter(({ cmd }) => cmd === (qos === 1 ? "puback" : "pubrec"));
  expect(answers).toHaveLength(qos === 0 ? 0 : 60);
  expect(slowed(broker)).toEqual([
    "sends faster than 40 messages a second (max_message_rate), and is not read until it is within that",
  ]);
});

test("bytes above the rate come later, none is lost", async () => {
  const broker = await startBroker({ limits: { maxByteRate: 10_000 } });
  const ears = await reader(broker.port);
  const writer = await greet(broker.port, "writer");
  await writer.answer("connack");
  const startMs = performance.now();
  const payload = "x".repeat(5_000);
  for (let count = 0; count < 3; count++) {
    writer.send({ cmd: "publish", topic: "t", payload, qos: 0, dup: false, retain: false });
    await arrival(ears, count + 1, startMs);
  }
  writer.send({ cmd: "pingreq" });
  await arrival(ears, 3, startMs);
  expect(slowed(broker)).toEqual([
    "sends faster than 10000 bytes a second (max_byte_rate), and is not read until it is within that",
  ]);
  writer.send({ cmd: "publish", topic: "t", payload: "last", qos: 0, dup: false, retain: false });
  expect(await arrival(ears, 4, startMs)).toBeGreaterThan(450);
});

test("the devices of one user share its rate, others do not feel it", async () => {
  const broker = await startBroker({ limits: { maxUserMessageRate: 20 } });
  const ears = await reader(broker.port);
  const one = await greet(broker.port, "one", { username: "garden" });
  const two = await greet(broker.port, "two", { username: "garden" });
  const free = await greet(broker.port, "free", { username: "other" });
  for (const talker of [one, two, free]) await talker.answer("connack");
  const startMs = performance.now();
  one.send(...messages(20, 0));
  await arrival(ears, 20, startMs);
  two.send(...messages(10, 0));
  free.send(...messages(20, 0));
  await arrival(ears, 41, startMs);
  expect(await arrival(ears, 50, startMs)).toBeGreaterThan(400);
  expect(slowed(broker)).toEqual([
    "sends faster than 20 messages a second (max_user_message_rate), and is not read until it is within that",
  ]);
});

test("a device that is held back is not taken for silent, and what is sent to it arrives", async () => {
  const broker = await startBroker({ limits: { maxMessageRate: 1 } });
  const writer = await greet(broker.port, "writer", { keepalive: 1 });
  await writer.answer("connack");
  writer.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "to-it", qos: 0 }] });
  await writer.answer("suback");
  writer.send(...messages(4, 0, "from-it"));
  await vi.waitFor(() => expect(slowed(broker)).toHaveLength(1));
  const other = await greet(broker.port, "other");
  await other.answer("connack");
  other.send({ cmd: "publish", topic: "to-it", payload: "x", qos: 0, dup: false, retain: false });
  await vi.waitFor(() => expect(texts(writer)).toEqual(["x"]));
  // three seconds at one message a second; the keep alive is over after one and a half
  await writer.settle();
  expect(writer.isClosed()).toBe(false);
});

test("a limit that is lifted holds no longer, one that is set holds at once", async () => {
  const broker = await startBroker({ limits: { maxMessageRate: 1 } });
  const ears = await reader(broker.port);
  const writer = await greet(broker.port, "writer");
  await writer.answer("connack");
  const startMs = performance.now();
  writer.send(...messages(30, 0));
  await vi.waitFor(() => expect(slowed(broker)).toHaveLength(1));
  broker.use({});
  expect(await arrival(ears, 30, startMs)).toBeLessThan(5_000);
  broker.use({ limits: { maxMessageRate: 20 } });
  const againMs = performance.now();
  writer.send(...messages(30, 0));
  await arrival(ears, 60, againMs);
  expect(performance.now() - againMs).toBeGreaterThan(400);
});

test("what a device sent with its CONNECT before it left is taken at the rate", async () => {
  const broker = await startBroker({ limits: { maxMessageRate: 20 } });
  const ears = await reader(broker.port);
  const writer = await greet(broker.port, "writer");
  const startMs = performance.now();
  writer.send(...messages(30, 1));
  writer.socket.end();
  expect(await arrival(ears, 30, startMs)).toBeGreaterThan(400);
  await vi.waitFor(() => expect(broker.broker.sessions().map(({ clientId }) => clientId)).toEqual(["reader"]));
});
