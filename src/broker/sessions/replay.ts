import { isAllowed } from "../../core/reasons.ts";
import { createRetainedCursor, type RetainedCursor, stepCursor } from "../routing/retained-cursor.ts";
import { isExpired, type StoredMessage } from "../routing/stored-message.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Context } from "./context.ts";
import { hasName } from "./mount-point.ts";
import { canSend, deliver, deliveryQos, SEND_AHEAD_BYTES } from "./outbound.ts";
import { isSuspended } from "./permissions.ts";
import { mayStandRetained } from "./retained-sources.ts";
import { isPersistent, type Session } from "./session.ts";

/** The retained messages a new subscription still has to get. */
export interface Replay {
  readonly subscription: Subscription<Session>;
  readonly cursor: RetainedCursor;
  /** What came later was delivered live. */
  readonly upTo: number;
  /** Found, and waiting for the client's window. */
  pending: StoredMessage | null;
}

/** Sessions whose replays can go on. One slice at a time is worked on, so that the event loop stays free. */
export interface ReplaySchedule {
  readonly ready: Set<Session>;
  isScheduled: boolean;
}

/** Time a slice may take. */
const SLICE_MS = 1;
/** Nodes looked at between two looks at the clock. */
const STEPS = 64;

/** Starts with nothing to send. */
export function createReplaySchedule(): ReplaySchedule {
  return { ready: new Set(), isScheduled: false };
}

/** Begins to send a subscription its retained messages; they follow in later turns. */
export function startReplay(context: Context, subscription: Subscription<Session>): void {
  const session = subscription.subscriber;
  const { text, topic } = subscription.filter;
  const cursor = createRetainedCursor(context.retained.root, topic);
  (session.replays ??= new Map()).set(text, { subscription, cursor, upTo: context.sequence, pending: null });
  context.replays.ready.add(session);
}

/** Stops sending retained messages for a filter. */
export function stopReplay(session: Session, filter: string): void {
  session.replays?.delete(filter);
  if (session.replays?.size === 0) session.replays = null;
}

/** Works for a few milliseconds, on every session in turn. True: there is more to do at once. */
export function replaySlice(context: Context): boolean {
  const { ready } = context.replays;
  const deadline = performance.now() + SLICE_MS;
  while (ready.size > 0) {
    for (const session of ready) {
      if (!advance(context, session)) ready.delete(session);
      if (performance.now() > deadline) return ready.size > 0;
    }
  }
  return false;
}

/** Takes some steps for a session; false when it is done, or has to wait for its client. */
function advance(context: Context, session: Session): boolean {
  const replay = session.replays?.values().next().value;
  if (replay === undefined || session.connection === null || session.isHeld) return false;
  for (let step = 0; step < STEPS; step++) {
    if (replay.pending === null) {
      if (!stepCursor(replay.cursor)) {
        stopReplay(session, replay.subscription.filter.text);
        // stored as unfinished, if it took long
        if (isPersistent(session)) context.journal?.subscription(session, replay.subscription);
        return session.replays !== null;
      }
      replay.pending = replay.cursor.found;
    }
    if (replay.pending !== null) {
      if (!send(context, session, replay, replay.pending)) return false;
      replay.pending = null;
    }
  }
  return true;
}

/** Sends one retained message, or finds that it is not to be sent; false when the client has no room now. */
function send(context: Context, session: Session, replay: Replay, message: StoredMessage): boolean {
  if (message.sequence > replay.upTo || isExpired(message, context.now())) return true;
  if (!hasName(session.mountPoint, message.topic)) return true;
  const { qos: granted, subscriptionIds, noLocal } = replay.subscription;
  // [MQTT-3.8.3-3]; a bridge would overwrite what is newer over there with what it brought from there
  if (noLocal && message.publisher === session.clientId) return true;
  const qos = deliveryQos(context, granted, message.qos);
  const { connection } = session;
  if (connection === null) return false;
  if (qos > 0 && (session.queue !== null || !canSend(context, connection))) return false;
  if (connection.output.bytesUnsent() + context.writer.end - context.writer.start > SEND_AHEAD_BYTES) {
    connection.waitsForDrain = true;
    return false;
  }
  // asked anew for each: so many topics would only sweep the cache of decisions
  const isDenied = isSuspended(replay.subscription) || !isAllowed(session.access.check("receive", message.topic));
  if (isDenied || !mayStandRetained(context, message)) {
    context.counters.receiveDenied++;
    return true;
  }
  deliver(context, session, message, qos, true, subscriptionIds, null); // [MQTT-3.3.1-8]
  return true;
}
