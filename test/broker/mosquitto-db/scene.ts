import { expect, vi } from "vitest";
import type { Packet } from "mqtt-packet";
import { ack, publish, subscribe } from "../packets-of.ts";
import { join, subscribed, type Talker } from "../talker.ts";

type Publish = Extract<Packet, { cmd: "publish" }>;

const PATIENCE = { timeout: 5_000, interval: 5 };
const NEVER = 0xffff_ffff;

const v3 = { version: 4, clean: false } as const;
const v5 = (seconds = NEVER) =>
  ({ version: 5, clean: false, properties: { sessionExpiryInterval: seconds, receiveMaximum: 10 } }) as const;

/** Everything a mosquitto.db can hold: retained messages, sessions of both versions, and messages in each state. */
export async function fill(port: number): Promise<void> {
  const away = [
    await subscribed(
      await join(port, "three", { ...v3, username: "ann" }),
      subscribe("q/1", 1),
      subscribe("q/+/deep", 2),
    ),
    await subscribed(
      await join(port, "five", v5(5000)),
      subscribe("q/#", 2, { rap: true }, { subscriptionIdentifier: 77 }),
      subscribe("own/ü/#", 1, { nl: true, rh: 2 }),
      subscribe("in/#", 2),
    ),
    await subscribed(await join(port, "ending", v5(1000)), subscribe("q/#", 1)),
  ];
  for (const talker of away) await talker.drop();

  const publisher = await join(port, "publisher", { version: 5 });
  await send(publisher, [
    publish("retained/plain", "one", { retain: true }),
    publish("retained/ü", "two", {
      retain: true,
      qos: 2,
      properties: {
        userProperties: { key: ["a", "b"] },
        contentType: "text/plain",
        responseTopic: "answers",
        correlationData: Buffer.from([0, 255]),
        messageExpiryInterval: 4000,
      },
    }),
    publish("retained/replaced", "old", { retain: true, qos: 1 }),
    publish("retained/replaced", "new", { retain: true, qos: 1 }),
    publish("q/1", "first", { qos: 1 }),
    publish("q/1", "second", { qos: 2, retain: true, properties: { contentType: "x" } }),
    publish("q/2/deep", "third", { qos: 2 }),
    publish("q/1", "not kept for those who are away", { qos: 0 }),
    publish("q/1", "fourth", { qos: 1, properties: { messageExpiryInterval: 4000 } }),
  ]);

  const inflight = await subscribed(await join(port, "inflight", v3), subscribe("f/#", 2));
  await send(publisher, [
    publish("f/1", "unacknowledged", { qos: 1 }),
    publish("f/2", "unreceived", { qos: 2 }),
    publish("f/3", "released", { qos: 2 }),
  ]);
  await vi.waitFor(() => expect(inflight.messages()).toHaveLength(3), PATIENCE);
  inflight.send(ack("pubrec", idOf(inflight, "f/3")));
  await inflight.answer("pubrel");
  await inflight.drop();
  await send(publisher, [publish("f/4", "queued", { qos: 1 })]);

  const halfDone = await join(port, "half-done", v3);
  halfDone.send(publish("in/1", "half done", { qos: 2, messageId: 9, retain: true }));
  await halfDone.answer("pubrec");
  await halfDone.drop();
  await publisher.drop();
}

/** What the clients of the scene get when they come back, in words that do not depend on the moment. */
export async function comeBack(port: number): Promise<Record<string, readonly string[]>> {
  const halfDone = await join(port, "half-done", v3);
  halfDone.send(ack("pubrel", 9));
  await halfDone.answer("pubcomp");
  await halfDone.drop();

  const story: Record<string, readonly string[]> = {};
  const talkers = {
    three: await back(port, "three", { ...v3, username: "ann" }),
    five: await back(port, "five", v5(5000)),
    inflight: await back(port, "inflight", v3),
  };
  const publisher = await join(port, "publisher", { version: 5 });
  await send(publisher, [
    publish("q/1", "live", { qos: 1, retain: true }),
    publish("own/ü/x", "from another", { qos: 1 }),
    publish("f/9", "live", { qos: 2 }),
  ]);
  for (const talker of Object.values(talkers)) await finish(talker.talker, talker.told);
  const { five } = talkers;
  five.talker.send(publish("own/ü/x", "from itself", { qos: 1, messageId: 4 }));
  await five.talker.answer("puback");
  await finish(five.talker, five.told);
  // messages of one QoS keep their order [MQTT-4.6.0-6]; those of another may overtake them
  const byQos = (told: readonly string[]): readonly string[] =>
    [1, 2].flatMap((qos) => told.filter((line) => line.includes(`(qos ${qos}`)));
  for (const [name, { told }] of Object.entries(talkers)) story[name] = byQos(told);

  const reader = await join(port, "reader", { version: 5 });
  const told: string[] = [];
  reader.send(subscribe("#", 2));
  await finish(reader, told);
  story["reader"] = told.toSorted();
  for (const { talker } of Object.values(talkers)) await talker.drop();
  await reader.drop();
  await publisher.drop();
  return story;
}

async function back(
  port: number,
  clientId: string,
  more: Parameters<typeof join>[2],
): Promise<{ readonly talker: Talker; readonly told: string[] }> {
  const talker = await join(port, clientId, more);
  const told: string[] = [];
  await finish(talker, told);
  return { talker, told };
}

/** Acknowledges everything until nothing more comes, and notes what came. */
async function finish(talker: Talker, told: string[]): Promise<void> {
  const received = new Set<number>();
  for (;;) {
    await talker.settle();
    const packets = talker.take();
    if (packets.length === 0) return;
    for (const packet of packets) {
      if (packet.cmd === "publish") {
        told.push(describePublish(packet));
        received.add(packet.messageId ?? 0);
        if (packet.qos > 0) talker.send(ack(packet.qos === 1 ? "puback" : "pubrec", packet.messageId ?? 0));
      } else if (packet.cmd === "pubrel") {
        // one that is not the second step of a handshake begun just now
        if (!received.has(packet.messageId ?? 0)) told.push("PUBREL (qos 2)");
        talker.send(ack("pubcomp", packet.messageId ?? 0));
      }
    }
  }
}

function describePublish({ topic, payload, qos, retain, dup, properties }: Publish): string {
  const { messageExpiryInterval, ...rest } = properties ?? {};
  const flags = [`qos ${qos}`, ...(retain ? ["retain"] : []), ...(dup ? ["dup"] : [])].join(", ");
  // it counts down
  const isShown = messageExpiryInterval !== undefined && messageExpiryInterval > 3900;
  const shown = Object.entries({ ...rest, ...(isShown ? { messageExpiryInterval: "4000 and less" } : {}) });
  const said = JSON.stringify(Object.fromEntries(shown.toSorted(([a], [b]) => a.localeCompare(b))));
  return `${topic}=${payload.toString()} (${flags}) ${said}`;
}

async function send(talker: Talker, packets: readonly Publish[]): Promise<void> {
  for (const [index, packet] of packets.entries()) {
    talker.take();
    const messageId = index + 1;
    talker.send(packet.qos === 0 ? packet : { ...packet, messageId });
    if (packet.qos === 1) await talker.answer("puback");
    if (packet.qos !== 2) continue;
    await talker.answer("pubrec");
    talker.send(ack("pubrel", messageId));
    await talker.answer("pubcomp");
  }
  await talker.settle();
}

function idOf(talker: Talker, topic: string): number {
  return talker.messages().find((message) => message.topic === topic)?.messageId ?? 0;
}
