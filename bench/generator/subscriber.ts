import { createAckBuffer } from "./ack-buffer.ts";
import type { Client } from "./client.ts";
import type { Fleet } from "./fleet.ts";
import { type Qos, Type } from "./packets.ts";

export interface SubscriberPlan {
  readonly clientId: string;
  readonly filters: readonly string[];
  readonly qos: Qos;
  /** Takes each message; its payload begins at `payload`. A retained one is of the time before the subscription. */
  readonly message: (bytes: Buffer, payload: number, isRetained: boolean) => void;
  /** Everything that was read at once has been handed over. */
  readonly read: () => void;
}

const RETAIN = 1;
const QOS_BITS = 6;
const QOS_1 = 2;

/** Connects a client that subscribes, and acknowledges what it gets. */
export async function createSubscriber(fleet: Fleet, plan: SubscriberPlan): Promise<Client> {
  const { message, read } = plan;
  const acks = createAckBuffer();
  const client: Client = await fleet.connect(plan.clientId, {
    publish(bytes, body, flags) {
      const qos = flags & QOS_BITS;
      let at = body + 2 + (((bytes[body] ?? 0) << 8) | (bytes[body + 1] ?? 0));
      if (qos !== 0) {
        acks.add(qos === QOS_1 ? Type.puback : Type.pubrec, ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
        at += 2;
      }
      message(bytes, at, (flags & RETAIN) !== 0);
    },
    ack(type, packetId) {
      if (type === Type.pubrel) acks.add(Type.pubcomp, packetId);
    },
    read() {
      const bytes = acks.take();
      if (bytes !== null) client.write(bytes);
      read();
    },
  });
  await client.subscribe(plan.filters, plan.qos);
  return client;
}
