import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Identity } from "../core/types.ts";

/** Who sent a request. */
export type Asker = Pick<Identity, "clientId" | "username">;

/** What one topic below $CONTROL/ answers. */
export interface Endpoint {
  /** Whether the answer goes to all who subscribed to `<topic>/response`, or to the asker alone if it did. */
  readonly audience: "subscribers" | "asker";
  answer(payload: Uint8Array, from: Asker): Promise<Answer>;
}

/** An answer, and what follows once it was sent. */
export interface Answer {
  readonly reply: string;
  readonly follow: () => void;
}

export interface DeskDeps {
  /** The endpoint of a topic as things are now; null: there is none. */
  readonly endpoint: (topic: string) => Endpoint | null;
  readonly publish: (topic: string, payload: string) => void;
  readonly publishTo: (clientId: string, topic: string, payload: string) => void;
  readonly log: Logger;
}

/** Takes what clients publish to topics below $CONTROL/, and never before it has returned answers it. */
export type Desk = (topic: string, payload: Uint8Array, from: Asker) => void;

/** Requests that may wait for an answer; a client that sends faster is not heard. */
const MAX_WAITING = 1_000;

/** Makes the desk where requests are taken and answers are sent, as QoS 0 messages that are not retained. */
export function createControlDesk({ endpoint, publish, publishTo, log }: DeskDeps): Desk {
  let waiting = 0;

  const serve = async (topic: string, payload: Uint8Array, from: Asker): Promise<void> => {
    // first the request is acknowledged
    await Promise.resolve();
    const found = endpoint(topic);
    const response = `${topic}/response`;
    if (found === null) {
      publishTo(from.clientId, response, NOT_AVAILABLE);
      return;
    }
    const { reply, follow } = await found.answer(payload, from);
    if (found.audience === "asker") publishTo(from.clientId, response, reply);
    else publish(response, reply);
    follow();
  };

  return (topic, payload, from) => {
    const { clientId, username } = from;
    if (waiting >= MAX_WAITING) {
      log.warn({ clientId, username }, `A request of ${clientId} to ${topic} was dropped: too many are waiting.`);
      return;
    }
    waiting++;
    serve(topic, payload, from)
      .catch((error: unknown) => {
        log.error({ clientId, username }, `A request of ${clientId} to ${topic} broke down: ${messageOf(error)}`);
      })
      .finally(() => {
        waiting--;
      });
  };
}

/** As Mosquitto 2.1 says it. */
const NOT_AVAILABLE = JSON.stringify({ error: "endpoint not available" });
