import { NEVER_EXPIRES } from "../packets/codes.ts";
import { parseFilter } from "../routing/filter.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Context } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { subscriptionIdBytes } from "../packets/publish-encoder.ts";
import { createQueue, enqueue, type QueueFull } from "./delivery-queue.ts";
import { keepRetained } from "./distribute.ts";
import { countQueueDrop } from "./drops.ts";
import { createInflight, putBack } from "./inflight.ts";
import { endSession, newSession, startExpiry } from "./lifecycle.ts";
import { startReplay } from "./replay.ts";
import type { Session } from "./session.ts";
import type { StoredSession, StoredState } from "./stored-state.ts";
import { countSubscription } from "./subscribe.ts";
import { startWill } from "./wills.ts";

/** Puts back what was stored, starts its clocks where they stood, and lets happen what fell due meanwhile. */
export function restoreState(context: Context, state: StoredState): void {
  const nowMs = context.now();
  for (const message of state.retained) {
    if (message.sequence > context.sequence) context.sequence = message.sequence;
    if (message.expiresAtMs !== 0 && message.expiresAtMs <= nowMs) context.journal?.retainedDeleted(message.topic);
    else keepRetained(context, message);
  }
  const restored = state.sessions.map((stored) => [restoreSession(context, stored), stored] as const);
  // wills go out when everyone who may get them is there again
  for (const [session, stored] of restored) restartClocks(context, session, stored, nowMs);
}

function restoreSession(context: Context, stored: StoredSession): Session {
  const { identity, address, listener, inbound } = stored;
  const client = { clientId: identity.clientId, username: identity.username, address, listener };
  const session = newSession({ identity, client }, context.accessFor(identity));
  session.expiryS = Math.min(stored.expiryS, context.limits.maxSessionExpiryS);
  session.will = stored.will;
  if (inbound.length > 0) session.inbound = new Map(inbound.map((packetId) => [packetId, false]));
  context.sessions.set(session.clientId, session);
  restoreSubscriptions(context, session, stored);
  restoreDeliveries(context, session, stored);
  return session;
}

function restoreSubscriptions(context: Context, session: Session, stored: StoredSession): void {
  for (const asStored of stored.subscriptions) {
    const { filter: text, qos, noLocal, retainAsPublished, retainHandling, identifier, isReplaying } = asStored;
    const filter = parseFilter(text, Infinity);
    if (filter === null) continue;
    const subscription: Subscription<Session> = {
      subscriber: session,
      filter,
      qos,
      noLocal,
      retainAsPublished,
      retainHandling,
      identifier,
      subscriptionIds: subscriptionIdBytes([identifier]),
      suspended: false,
      decidedBy: -1,
    };
    session.subscriptions.set(text, subscription);
    context.router.add(subscription);
    countSubscription(context, filter, 1);
    // from the beginning: what was sent of it is not known, and more than once is better than never
    if (isReplaying) startReplay(context, subscription);
  }
}

function restoreDeliveries(context: Context, session: Session, stored: StoredSession): void {
  for (const delivery of stored.deliveries) {
    session.lastOrder = delivery.order;
    if (delivery.message.sequence > context.sequence) context.sequence = delivery.message.sequence;
    if (delivery.packetId === 0) {
      const full = enqueue((session.queue ??= createQueue()), delivery, context.limits);
      if (full !== null) dropRestored(context, session, delivery, full);
      continue;
    }
    putBack((session.inflight ??= createInflight()), delivery);
  }
  if (session.queue?.count === 0) session.queue = null;
}

function restartClocks(context: Context, session: Session, stored: StoredSession, nowMs: number): void {
  // a session that was connected to the last lost its connection now
  const leftAtMs = stored.leftAtMs === 0 ? nowMs : stored.leftAtMs;
  if (session.expiryS !== NEVER_EXPIRES && leftAtMs + session.expiryS * 1000 <= nowMs) {
    context.counters.sessionsExpired++;
    endSession(context, session);
    return;
  }
  startExpiry(context, session, leftAtMs);
  const delayMs = (session.will?.delayS ?? 0) * 1000;
  startWill(context, session, stored.willDueMs === 0 ? nowMs : stored.willDueMs - delayMs);
  if (stored.leftAtMs === 0) context.journal?.session(session);
}

function dropRestored(context: Context, session: Session, dropped: Delivery, full: QueueFull): void {
  countQueueDrop(context, full);
  context.journal?.delivered(session, dropped);
}
