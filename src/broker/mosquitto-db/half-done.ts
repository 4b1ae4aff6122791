import { matches } from "../../core/topic.ts";
import { subscriptionIdBytes } from "../packets/publish-encoder.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { StoredSession } from "../sessions/stored-state.ts";

/** A session to which can be added. */
interface HalfDoneSession extends StoredSession {
  readonly deliveries: Delivery[];
}

/**
 * Gives a message whose QoS 2 handshake is half done to those it is for. Mosquitto does so at the end of the handshake,
 * this broker at its begin: it will not look at the message again when the client goes on.
 */
export function publishHalfDone(
  message: StoredMessage,
  publisher: string,
  sessions: Iterable<HalfDoneSession>,
  retained: Map<string, StoredMessage>,
): void {
  if (message.retain) {
    if (message.body.length === message.propertiesLength) retained.delete(message.topic);
    else retained.set(message.topic, message);
  }
  for (const session of sessions) {
    const isOwn = session.identity.clientId === publisher;
    const subscriptions = session.subscriptions.filter(
      ({ filter, noLocal }) => !(noLocal && isOwn) && matches(filter, message.topic),
    );
    const best = subscriptions.reduce(
      (highest, { qos }) => (qos > highest ? qos : highest),
      subscriptions[0]?.qos ?? 0,
    );
    const qos = best < message.qos ? best : message.qos;
    if (qos === 0) continue; // nobody waits for it
    session.deliveries.push({
      message,
      qos,
      retain: message.retain && subscriptions.some(({ retainAsPublished }) => retainAsPublished),
      subscriptionIds: subscriptionIdBytes(subscriptions.map(({ identifier }) => identifier)),
      group: null,
      order: session.deliveries.length + 1,
      state: "queued",
      packetId: 0,
      isCounted: false,
    });
  }
}
