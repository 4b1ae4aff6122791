import type { BriefFigures, Figures, SubscriptionInfo, UnsentFigures } from "../core/figures.ts";
import { isBridgeSession } from "./bridge-end.ts";
import type { Engine } from "./engine.ts";
import { isSuspended } from "./sessions/permissions.ts";
import type { Session } from "./sessions/session.ts";

/** Everything that $SYS and the panel tell of the broker, at this moment. */
export function figuresOf(engine: Engine, sockets: number): Figures {
  const { counters, received, sent, sessions, retained } = engine;
  let bytesUnsent = 0;
  const queued = { count: 0, payloadBytes: 0 };
  let subscribers = 0;
  const filters = new Set<string>();
  for (const { connection, subscriptions, queue } of sessions.values()) {
    bytesUnsent += connection?.output.bytesUnsent() ?? 0;
    if (subscriptions.size > 0) subscribers++;
    queued.count += queue?.count ?? 0;
    queued.payloadBytes += queue?.bytes ?? 0;
    for (const filter of subscriptions.keys()) filters.add(filter);
  }
  return {
    received,
    sent,
    sockets,
    connections: counters.connections,
    sessions: sessions.size,
    sessionsExpired: counters.sessionsExpired,
    dropped: counters.droppedQueueMessages + counters.droppedQueueBytes + counters.droppedUnsent,
    subscriptions: counters.subscriptions,
    sharedSubscriptions: counters.sharedSubscriptions,
    subscribers,
    filters: filters.size,
    retained: retained.count,
    stored: engine.stored(),
    queued,
    bytesUnsent,
  };
}

/** What needs no look at each session. */
export function briefFiguresOf({ counters, received, sent, sessions, retained }: Engine): BriefFigures {
  const { connections } = counters;
  return {
    received,
    sent,
    connections,
    sessions: sessions.size,
    retained: { count: retained.count, bytes: retained.bytes },
  };
}

/** Connections with more than these bytes that their clients have not read. */
export function* unsentOf({ sessions }: Engine, above: number): Generator<UnsentFigures, void> {
  for (const session of sessions.values()) {
    const bytes = session.connection?.output.bytesUnsent() ?? 0;
    if (bytes > above) yield { clientId: session.clientId, bytes, isBridge: isBridgeSession(session) };
  }
}

/** Every subscription of every client, connected or not. */
export function* subscriptionsOf({ sessions }: Engine): Generator<SubscriptionInfo, void> {
  for (const session of sessions.values()) yield* subscriptionsIn(session);
}

/** Every subscription of one session. */
export function* subscriptionsIn({ clientId, connection, subscriptions }: Session): Generator<SubscriptionInfo, void> {
  const isConnected = connection !== null;
  for (const subscription of subscriptions.values()) {
    const { filter, qos } = subscription;
    yield { filter: filter.text, clientId, qos, isConnected, isSuspended: isSuspended(subscription) };
  }
}
