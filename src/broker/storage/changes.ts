import { isJournaled, type StoredMessage } from "../routing/stored-message.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Delivery } from "../sessions/delivery.ts";
import { deliveriesOf } from "../sessions/delivery-queue.ts";
import { allInflight } from "../sessions/inflight.ts";
import { isPersistent, type Session } from "../sessions/session.ts";
import { type Batch, deliveryRow, messageRow, retainedRow, type Row, sessionRow, subscriptionRow } from "./batch.ts";

/** Changes since the last write: live objects, read when they are written. What came and went leaves no trace. */
export interface Changes {
  readonly sessions: Map<Session, SessionChanges>;
  /** Client ids of sessions that ended. */
  readonly ended: Set<string>;
  /** By topic; null: deleted. */
  readonly retained: Map<string, StoredMessage | null>;
  /** Deliveries that are in the file. */
  readonly stored: WeakSet<Delivery>;
}

interface SessionChanges {
  isChanged: boolean;
  /** null: removed. */
  readonly subscriptions: Map<string, Subscription<Session> | null>;
  /** By their order; false: no longer needed. */
  readonly deliveries: Map<Delivery, boolean>;
  readonly inbound: Map<number, boolean>;
}

/** Starts without changes. */
export function createChanges(): Changes {
  return { sessions: new Map(), ended: new Set(), retained: new Map(), stored: new WeakSet() };
}

/** The changes of one session. */
export function changesOf(changes: Changes, session: Session): SessionChanges {
  let own = changes.sessions.get(session);
  if (own === undefined) {
    own = { isChanged: false, subscriptions: new Map(), deliveries: new Map(), inbound: new Map() };
    changes.sessions.set(session, own);
  }
  return own;
}

/** Notes that a delivery is over. */
export function forgetDelivery(changes: Changes, session: Session, delivery: Delivery): void {
  if (changes.stored.has(delivery)) changesOf(changes, session).deliveries.set(delivery, false);
  else changes.sessions.get(session)?.deliveries.delete(delivery);
}

/** Everything that changed, as one batch; there are no changes afterwards. */
export function takeBatch(changes: Changes, nowMs: number): Batch {
  const batch = emptyBatch();
  for (const [session, own] of changes.sessions) addChanges(batch, changes, session, own, nowMs);
  batch.ended.push(...changes.ended);
  for (const [topic, message] of changes.retained) {
    if (message === null) batch.retainedDeleted.push(topic);
    else batch.retained.push(retainedRow(message));
  }
  changes.sessions.clear();
  changes.ended.clear();
  changes.retained.clear();
  return { ...batch, messages: [...batch.messages.values()] };
}

/** Everything there is, as one batch that replaces the file's content; there are no changes afterwards. */
export function takeWholeBatch(
  changes: Changes,
  sessions: Iterable<Session>,
  retained: Iterable<StoredMessage>,
  nowMs: number,
): Batch {
  changes.sessions.clear();
  changes.ended.clear();
  changes.retained.clear();
  const batch = emptyBatch();
  for (const session of sessions) {
    if (!isPersistent(session)) continue;
    const own = changesOf(changes, session);
    own.isChanged = true;
    for (const [filter, subscription] of session.subscriptions) own.subscriptions.set(filter, subscription);
    for (const delivery of waitingFor(session)) {
      changes.stored.delete(delivery);
      own.deliveries.set(delivery, true);
    }
    for (const packetId of session.inbound?.keys() ?? []) own.inbound.set(packetId, true);
    addChanges(batch, changes, session, own, nowMs);
  }
  changes.sessions.clear();
  for (const message of retained) if (isJournaled(message)) batch.retained.push(retainedRow(message));
  return { ...batch, isWhole: true, messages: [...batch.messages.values()] };
}

function waitingFor(session: Session): Delivery[] {
  const queued = session.queue === null ? [] : deliveriesOf(session.queue);
  return [...allInflight(session.inflight), ...queued];
}

function emptyBatch() {
  return {
    isWhole: false,
    ended: new Array<string>(),
    unsubscribed: new Array<Row>(),
    delivered: new Array<Row>(),
    inboundClosed: new Array<Row>(),
    retainedDeleted: new Array<string>(),
    sessions: new Array<Row>(),
    subscriptions: new Array<Row>(),
    /** By id: one row for all its deliveries. */
    messages: new Map<number, Row>(),
    deliveries: new Array<Row>(),
    inbound: new Array<Row>(),
    retained: new Array<Row>(),
  };
}

function addChanges(
  batch: ReturnType<typeof emptyBatch>,
  changes: Changes,
  session: Session,
  own: SessionChanges,
  nowMs: number,
): void {
  const { clientId } = session;
  if (own.isChanged) batch.sessions.push(sessionRow(session, nowMs));
  for (const [filter, subscription] of own.subscriptions) {
    if (subscription === null) batch.unsubscribed.push([clientId, filter]);
    else {
      const isReplaying = session.replays?.has(filter) === true;
      batch.subscriptions.push(subscriptionRow(clientId, filter, { ...subscription, isReplaying }));
    }
  }
  for (const [delivery, isNeeded] of own.deliveries) {
    const { message, order } = delivery;
    if (!isNeeded) {
      batch.delivered.push([clientId, order, message.sequence]);
      continue;
    }
    if (!changes.stored.has(delivery)) batch.messages.set(message.sequence, messageRow(message));
    changes.stored.add(delivery);
    batch.deliveries.push(deliveryRow(clientId, delivery));
  }
  for (const [packetId, isOpen] of own.inbound) {
    (isOpen ? batch.inbound : batch.inboundClosed).push([clientId, packetId]);
  }
}
