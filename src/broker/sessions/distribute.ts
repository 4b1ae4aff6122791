import type { RetainedLimits, Seat } from "../routing/retained-store.ts";
import type { Routes, Target } from "../routing/routes.ts";
import { isJournaled, payloadOf, type StoredMessage } from "../routing/stored-message.ts";
import type { TopicEntry } from "../routing/topic-table.ts";
import type { Context } from "./context.ts";
import { deliver, deliveryQos } from "./outbound.ts";
import { mayTargetReceive } from "./permissions.ts";
import type { Session } from "./session.ts";
import { shareFrames } from "./send.ts";
import { deliverShared } from "./shared-delivery.ts";

/** Sends a message to everyone who subscribed; false: nobody did. `publisher` is null for the broker itself. */
export function distribute(
  context: Context,
  entry: TopicEntry<Session>,
  message: StoredMessage,
  publisher: Session | null,
): boolean {
  if (context.tap !== null && message.publisher !== null) {
    const payload = Buffer.from(payloadOf(message), "latin1");
    context.tap(message.topic, payload, message.publisher, message.source?.username ?? null);
  }
  const routes: Routes<Session> = context.router.routes(entry);
  if (routes.targets.length > 1) shareFrames(context, message);
  for (const target of routes.targets) deliverToTarget(context, target, message, publisher);
  for (const group of routes.groups) {
    if (!deliverShared(context, group, message)) context.counters.droppedGroup++;
  }
  // Who does not get it, by its own wish or by the rules, has subscribed all the same, as in mosquitto.
  return routes.targets.length > 0 || routes.groups.length > 0;
}

/** Sends a message to one subscriber, if it is for it. */
export function deliverToTarget(
  context: Context,
  target: Target<Session>,
  message: StoredMessage,
  publisher: Session | null,
): void {
  const chosen = target.subscriber === publisher ? target.own : target;
  if (chosen === null || !mayTargetReceive(context, chosen, message.topic)) return;
  const qos = deliveryQos(context, chosen.qos, message.qos);
  const retain = message.retain && chosen.retainAsPublished; // [MQTT-3.3.1-12], [MQTT-3.3.1-13]
  deliver(context, chosen.subscriber, message, qos, retain, chosen.subscriptionIds, null);
}

/**
 * Keeps or deletes the retained message of a topic [MQTT-3.3.1-5..7]; false when a limit does not allow it.
 * A message with an empty payload deletes and is delivered like any other.
 */
export function retain(context: Context, message: StoredMessage, seat: Seat): boolean {
  if (message.body.length === message.propertiesLength) {
    if (context.retained.delete(message.topic) && isJournaled(message)) context.journal?.retainedDeleted(message.topic);
    return true;
  }
  if (!keepRetained(context, message, seat)) return false;
  if (isJournaled(message)) context.journal?.retained(message);
  return true;
}

/** A message may take the place of one that is not smaller. */
const NO_GROWTH: RetainedLimits = { maxRetainedMessages: 0, maxRetainedBytes: 0 };

/** Keeps a retained message and starts its clock. */
export function keepRetained(context: Context, message: StoredMessage, seat?: Seat): boolean {
  if (!context.retained.set(message, context.isMemoryFull ? NO_GROWTH : context.limits, seat)) return false;
  if (message.expiresAtMs !== 0) {
    const { topic, sequence } = message;
    context.wheel.schedule({ target: { kind: "retained", topic, sequence }, dueMs: 0 }, message.expiresAtMs);
  }
  return true;
}

/** Removes a retained message whose time is over, unless a newer one has taken its place. */
export function expireRetained(context: Context, topic: string, sequence: number): void {
  if (context.retained.get(topic)?.sequence !== sequence) return;
  context.retained.delete(topic);
  context.counters.droppedExpired++;
  context.journal?.retainedDeleted(topic);
}
