import { createAckBuffer } from "./ack-buffer.ts";
import type { Fleet } from "./fleet.ts";
import { encodePublish, type Qos, Type } from "./packets.ts";
import { stamp } from "./payload.ts";

export interface PublisherPlan {
  readonly index: number;
  readonly topic: string;
  readonly qos: Qos;
  readonly payloadBytes: number;
  /** Messages on their way at most, counted until every subscriber has them. */
  readonly window: number;
  /** How many of its messages every subscriber has. */
  readonly arrived: () => number;
}

/** A publisher that sends as fast as its window allows. */
export interface Publisher {
  sent(): number;
  /** Sends what the window has room for; to be called whenever messages have arrived. */
  pump(): void;
  /** Sends no more; what is on its way goes on. */
  stop(): void;
  /** Nothing is on its way. */
  isIdle(): boolean;
}

/** Messages of a window that go out in one write. */
const WRITES_PER_WINDOW = 4;

/** Connects a publisher; it begins with the first pump(). */
export async function createPublisher(fleet: Fleet, plan: PublisherPlan): Promise<Publisher> {
  const { index, qos, payloadBytes } = plan;
  const packet = encodePublish(plan.topic, payloadBytes, qos, false);
  const payloadAt = packet.length - payloadBytes;
  const perWrite = Math.max(1, Math.floor(plan.window / WRITES_PER_WINDOW));
  const template = Buffer.concat(Array.from({ length: perWrite }, () => packet));
  const acks = createAckBuffer();
  let sent = 0;
  let acknowledged = 0;
  let { window } = plan;

  const open = (): number => sent - (qos === 0 ? plan.arrived() : Math.min(acknowledged, plan.arrived()));

  const publisher: Publisher = {
    sent: () => sent,
    pump() {
      while (open() + perWrite <= window) client.write(nextBatch());
    },
    stop() {
      window = 0;
    },
    isIdle: () => open() <= 0,
  };

  function nextBatch(): Buffer {
    const batch = Buffer.from(template);
    for (let at = 0; at < batch.length; at += packet.length) {
      stamp(batch, at + payloadAt, index, sent);
      // never 0; far fewer than 65,535 are open at a time
      if (qos > 0) batch.writeUInt16BE((sent % 0xffff) + 1, at + payloadAt - 2);
      sent++;
    }
    return batch;
  }

  const client = await fleet.connect(`publisher-${index}`, {
    publish: () => undefined,
    ack(type, packetId) {
      if (type === Type.pubrec) acks.add(Type.pubrel, packetId);
      else acknowledged++;
    },
    read() {
      const bytes = acks.take();
      if (bytes !== null) client.write(bytes);
      publisher.pump();
    },
  });
  return publisher;
}
