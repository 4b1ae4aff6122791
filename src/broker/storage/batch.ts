import type { Identity } from "../../core/types.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { Session } from "../sessions/session.ts";
import type { StoredSession, StoredSubscription } from "../sessions/stored-state.ts";

/** A value as SQLite takes it; byte strings are turned into blobs by the writer. */
type Value = string | number | null;
export type Row = readonly Value[];

/** Changes that are written in one transaction, in the order of these fields. Rows have the order of the columns. */
export interface Batch {
  /** Everything stored before is replaced: the last write failed, and this holds all there is. */
  readonly isWhole: boolean;
  /** Client ids of sessions that ended. */
  readonly ended: readonly string[];
  readonly unsubscribed: readonly Row[];
  readonly delivered: readonly Row[];
  readonly inboundClosed: readonly Row[];
  readonly retainedDeleted: readonly string[];
  readonly sessions: readonly Row[];
  readonly subscriptions: readonly Row[];
  readonly messages: readonly Row[];
  readonly deliveries: readonly Row[];
  readonly inbound: readonly Row[];
  readonly retained: readonly Row[];
}

/** What the writer is asked. */
export type WriterRequest =
  | { readonly kind: "write"; readonly number: number; readonly batch: Batch }
  | { readonly kind: "close"; readonly number: number };

/** What the writer answers. */
export interface WriterReply {
  readonly number: number;
  /** Text of the error; null: done. */
  readonly error: string | null;
}

export function sessionRow(session: Session, nowMs: number): Row {
  const { identity, client, connection, expiryTimer, expiryS } = session;
  const leftAtMs =
    connection !== null ? 0 : (expiryTimer?.dueMs ?? 0) === 0 ? nowMs : (expiryTimer?.dueMs ?? 0) - expiryS * 1000;
  return [
    session.clientId,
    identity.username,
    identity.superuser ? 1 : 0,
    identity.source,
    identity.proof,
    client.address,
    client.listener,
    expiryS,
    leftAtMs,
    session.will === null ? null : JSON.stringify(session.will),
    session.willTimer?.dueMs ?? 0,
    session.mountPoint,
  ];
}

/** The row of a session that is not in the engine's tables. */
export function storedSessionRow({
  identity,
  address,
  listener,
  expiryS,
  leftAtMs,
  will,
  willDueMs,
}: StoredSession): Row {
  const { clientId, username, superuser, source, proof, mountPoint = "" } = identity;
  const willJson = will === null ? null : JSON.stringify(will);
  return [
    clientId,
    username,
    superuser ? 1 : 0,
    source,
    proof,
    address,
    listener,
    expiryS,
    leftAtMs,
    willJson,
    willDueMs,
    mountPoint,
  ];
}

export function subscriptionRow(clientId: string, filter: string, options: Omit<StoredSubscription, "filter">): Row {
  const { qos, noLocal, retainAsPublished, retainHandling, identifier, isReplaying } = options;
  const flags = {
    noLocal: noLocal ? 1 : 0,
    retainAsPublished: retainAsPublished ? 1 : 0,
    replaying: isReplaying ? 1 : 0,
  };
  return [clientId, filter, qos, flags.noLocal, flags.retainAsPublished, retainHandling, identifier, flags.replaying];
}

export function messageRow(message: StoredMessage): Row {
  const { sequence, topic, body, propertiesLength, qos, retain, expiresAtMs, publisher } = message;
  return [sequence, topic, body, propertiesLength, qos, retain ? 1 : 0, expiresAtMs, publisher];
}

export function deliveryRow(clientId: string, delivery: Delivery): Row {
  const { order, message, qos, retain, subscriptionIds, group, state, packetId } = delivery;
  const released = state === "released" ? 1 : 0;
  return [clientId, order, message.sequence, qos, retain ? 1 : 0, subscriptionIds, group, released, packetId];
}

export function retainedRow(message: StoredMessage): Row {
  const { topic, body, propertiesLength, qos, expiresAtMs, publisher, source } = message;
  return [topic, body, propertiesLength, qos, expiresAtMs, publisher, source === null ? null : sourceText(source)];
}

/**
 * What is kept of a publisher; rules that its login brought along are as little kept as those of sessions, but that it
 * brought nothing is known after a restart too.
 */
function sourceText(identity: Identity): string {
  const { username, superuser, source, listener, address } = identity;
  return JSON.stringify({ username, superuser, source, listener, address, isPlain: isPlain(identity) });
}

function isPlain({ rules, grants = [], groups = [], prefix = null, expiresAtMs = null }: Identity): boolean {
  return rules === null && grants.length === 0 && groups.length === 0 && prefix === null && expiresAtMs === null;
}
