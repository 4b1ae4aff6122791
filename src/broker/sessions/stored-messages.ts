import type { StoredFigures } from "../../core/figures.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Context } from "./context.ts";
import { deliveriesOf } from "./delivery-queue.ts";
import type { Delivery } from "./delivery.ts";
import { allInflight } from "./inflight.ts";

/**
 * Deliveries that are looked at one by one, some milliseconds of work; of what waits beyond them a message counts once
 * for each client it waits for.
 */
const MAX_LOOKED_AT = 20_000;

/** Counts what is held: a message that is retained, or waits for several clients, counts once. */
export function storedMessages({ retained, sessions }: Context): StoredFigures {
  const seen = new Set<StoredMessage>();
  let { count, payloadBytes } = retained;
  let lookedAt = 0;
  const add = ({ message }: Delivery): void => {
    lookedAt++;
    if (seen.has(message) || retained.get(message.topic) === message) return;
    seen.add(message);
    count++;
    payloadBytes += message.body.length - message.propertiesLength;
  };
  for (const { queue, inflight } of sessions.values()) {
    if (inflight !== null && inflight.count > 0) for (const delivery of allInflight(inflight)) add(delivery);
    if (queue === null) continue;
    if (lookedAt + queue.count <= MAX_LOOKED_AT) {
      for (const delivery of deliveriesOf(queue)) add(delivery);
    } else {
      count += queue.count;
      payloadBytes += queue.bytes;
    }
  }
  return { count, payloadBytes };
}
