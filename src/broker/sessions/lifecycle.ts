import type { Grant, Identity, Reason } from "../../core/types.ts";
import { elsewhere, isElsewhere, told } from "../told.ts";
import { Code, NEVER_EXPIRES } from "../packets/codes.ts";
import { encodeDisconnect } from "../packets/server-packets.ts";
import type { Context } from "./context.ts";
import { sendAtOnce } from "./held-packets.ts";
import { allInflight } from "./inflight.ts";
import { mountedWill, prefixesOf } from "./mount-point.ts";
import type { Output } from "./output.ts";
import { pump } from "./outbound.ts";
import { renewRights } from "./permissions.ts";
import { flushRun } from "./run.ts";
import { type Connection, isPersistent, type Session, type SessionInfo } from "./session.ts";
import { handOver } from "./shared-delivery.ts";
import { recheckSubscriptions, removeSubscription } from "./subscribe.ts";
import { cancelWill, publishWill, startWill } from "./wills.ts";
import { flushWriter } from "./writer.ts";

/** What opening a session came to. */
export type OpenResult =
  | {
      readonly kind: "opened";
      readonly connection: Connection;
      readonly sessionPresent: boolean;
      readonly sessionExpiryS: number;
    }
  /** No further session is taken, and why. */
  | { readonly kind: "full"; readonly reason: Reason };

/** Opens a session for a client that was let in: a new one, or the one it left. */
export function openSession(context: Context, info: SessionInfo, output: Output): OpenResult {
  const { clientId } = info.identity;
  const old = context.sessions.get(clientId);
  if (old !== undefined && old.connection !== null) takeOver(context, old.connection, info.client.address);
  // behind another mount point its subscriptions and what waits for it are those of other topics
  const isNew = info.cleanStart || old?.mountPoint !== prefixesOf(info.identity).mountPoint;
  if (isNew && context.sessions.get(clientId) === old && old !== undefined) endSession(context, old);
  const found = context.sessions.get(clientId);
  const full = found === undefined ? fullness(context) : null;
  if (full !== null) {
    context.counters.refusedSessions++;
    return { kind: "full", reason: full };
  }

  const session = found ?? createSession(context, info);
  resume(context, session, info);
  const connection = createConnection(context, session, info, output);
  session.connection = connection;
  if (connection.keepaliveMs > 0) {
    connection.keepaliveTimer = { target: { kind: "keepalive", connection }, dueMs: 0 };
    context.wheel.schedule(connection.keepaliveTimer, connection.lastSeenMs + connection.keepaliveMs);
  }
  const { expiresAtMs = null } = info.identity;
  if (expiresAtMs !== null) {
    connection.loginTimer = { target: { kind: "login", connection }, dueMs: 0 };
    context.wheel.schedule(connection.loginTimer, expiresAtMs);
  }
  context.counters.connections++;
  if (isPersistent(session)) context.journal?.session(session);
  return { kind: "opened", connection, sessionPresent: found !== undefined, sessionExpiryS: session.expiryS };
}

/** Why no session can begin now; one that is kept can always be taken up, which empties its queue. */
function fullness({ sessions, limits, isMemoryFull }: Context): Reason | null {
  if (sessions.size >= limits.maxSessions) {
    const sentence = `there are ${limits.maxSessions} sessions already, the limit (global_max_clients)`;
    return { kind: "too_many_connections", sentence };
  }
  return isMemoryFull ? { kind: "memory_full", sentence: "the broker is short of memory (memory_limit)" } : null;
}

function takeOver(context: Context, connection: Connection, address: string): void {
  const sentence = `replaced by a new connection from ${address}`;
  disconnect(context, connection, Code.sessionTakenOver, { kind: "taken_over", sentence }); // [MQTT-3.1.4-3]
}

function createSession(context: Context, info: SessionInfo): Session {
  const session = newSession(info, context.accessFor(info.identity));
  context.sessions.set(session.clientId, session);
  return session;
}

/** A session with nothing in it. */
export function newSession(info: Pick<SessionInfo, "identity" | "client">, access: Session["access"]): Session {
  return {
    clientId: info.identity.clientId,
    identity: info.identity,
    client: info.client,
    access,
    rights: 0,
    ...prefixesOf(info.identity),
    connection: null,
    expiryS: 0,
    expiryTimer: null,
    subscriptions: new Map(),
    queue: null,
    inflight: null,
    lastOrder: 0,
    inbound: null,
    will: null,
    willTimer: null,
    replays: null,
    publishQuota: null,
    isHeld: false,
    publishDecisions: null,
    receiveDecisions: null,
    messagesIn: 0,
    // -0 makes V8 keep a double here from the start: a sum that outgrows an integer changes no object's shape
    bytesIn: -0,
    messagesOut: 0,
    bytesOut: -0,
  };
}

/** Puts what the new CONNECT says in the place of what the last one said. */
function resume(context: Context, session: Session, info: SessionInfo): void {
  if (session.expiryTimer !== null) context.wheel.cancel(session.expiryTimer);
  cancelWill(context, session);
  const wasPersistent = isPersistent(session);
  // what routes remember of the session is what it might receive as it was then
  if (!hasSameRights(session.identity, info.identity)) context.router.invalidate();
  session.identity = info.identity;
  session.client = info.client;
  session.publishPrefix = prefixesOf(info.identity).publishPrefix;
  renewRights(context, session);
  recheckSubscriptions(context, session);
  session.expiryS = Math.min(info.sessionExpiryS, context.limits.maxSessionExpiryS);
  session.will = mountedWill(session.publishPrefix, info.will);
  if (wasPersistent && !isPersistent(session)) context.journal?.sessionEnded(session);
}

/** Whether the same rules hold for both as long as rules do not change; a no too many costs some time. */
function hasSameRights(before: Identity, now: Identity): boolean {
  return (
    before.username === now.username &&
    before.superuser === now.superuser &&
    before.listener === now.listener &&
    before.address === now.address &&
    (before.rules ?? null) === (now.rules ?? null) &&
    haveSameGrants(before.grants ?? [], now.grants ?? [])
  );
}

function haveSameGrants(before: readonly Grant[], now: readonly Grant[]): boolean {
  return before.length === now.length && before.every(({ rules }, index) => rules === now[index]?.rules);
}

function createConnection(context: Context, session: Session, info: SessionInfo, output: Output): Connection {
  const terms = info.terms ?? context.limits;
  return {
    session,
    output,
    version: info.version,
    isBridge: info.isBridge,
    openedAtMs: context.now(),
    keepaliveMs: info.keepaliveS * 1500, // one and a half times the interval [MQTT-3.1.2-22]
    terms,
    receiveMaximum: info.receiveMaximum,
    window: windowFor(context, info),
    maximumPacketSize: info.maximumPacketSize,
    wantsReasons: info.requestProblemInformation && context.limits.tellReasons,
    aliasMaximumOut: Math.min(info.topicAliasMaximum, terms.topicAliasMaximumOut),
    aliasesOut: null,
    aliasesIn: null,
    lastTopic: null,
    lastTopicAllowed: false,
    inboundOpen: 0,
    outstanding: 0,
    outstandingBytes: 0,
    resend: null,
    resent: 0,
    lastSeenMs: context.now(),
    keepaliveTimer: null,
    loginTimer: null,
    waitsForDrain: false,
    isClosed: false,
    hasBegun: false,
  };
}

/** Packet ids are never all in use: there must be a free one to find. */
const MAX_WINDOW = 32_000;

function windowFor({ limits }: Context, { receiveMaximum }: Pick<Connection, "receiveMaximum">): number {
  return Math.min(receiveMaximum, limits.maxInflight, MAX_WINDOW);
}

/**
 * Brings a session in line with limits that have changed: the window of a connection, and how long it waits for a
 * client that is away. One that is connected keeps the expiry that its CONNACK told.
 */
export function recheckLimits(context: Context, session: Session): void {
  const { connection, expiryS } = session;
  if (connection !== null) {
    connection.window = windowFor(context, connection);
    pump(context, session);
    return;
  }
  const { maxSessionExpiryS } = context.limits;
  if (expiryS <= maxSessionExpiryS) return;
  const dueMs = session.expiryTimer?.dueMs ?? 0;
  // a session that was to stay for ever had no clock: its time begins now
  const leftMs = dueMs === 0 ? context.now() : dueMs - expiryS * 1000;
  session.expiryS = maxSessionExpiryS;
  startExpiry(context, session, leftMs);
  context.journal?.session(session);
}

/** Begins to send: CONNACK is written. What the last connection left open goes first. */
export function beginSession(context: Context, connection: Connection): void {
  const { session } = connection;
  connection.hasBegun = true;
  const left = allInflight(session.inflight);
  if (left.length > 0) connection.resend = left;
  pump(context, session);
  if (session.replays !== null) context.replays.ready.add(session);
}

/** How a connection came to its end. */
export interface Ending {
  readonly sendsWill: boolean;
  /** Session expiry of a DISCONNECT; -1: as it was. */
  readonly sessionExpiryS: number;
}

/** A connection that broke, or that the broker ends. */
export const BROKEN: Ending = { sendsWill: true, sessionExpiryS: -1 };

/** A connection whose client lost the right to it: nobody speaks for it any more, its will neither. */
export const EXPELLED: Ending = { sendsWill: false, sessionExpiryS: -1 };

/** Parts a session from its connection, however that ended. Does nothing when it is parted already. */
export function closeConnection(context: Context, connection: Connection, ending: Ending): void {
  if (connection.isClosed) return;
  flushRun(context);
  for (const writer of [context.writer, context.acks]) {
    if (writer.connection === connection) flushWriter(writer);
  }
  connection.isClosed = true;
  context.counters.connections--;
  if (connection.keepaliveTimer !== null) context.wheel.cancel(connection.keepaliveTimer);
  if (connection.loginTimer !== null) context.wheel.cancel(connection.loginTimer);
  const { session } = connection;
  session.connection = null;
  const nowMs = context.now();
  if (ending.sessionExpiryS >= 0) session.expiryS = Math.min(ending.sessionExpiryS, context.limits.maxSessionExpiryS);
  if (!ending.sendsWill) cancelWill(context, session);
  if (!isPersistent(session)) {
    endSession(context, session);
    return;
  }
  leaveOpen(session);
  startExpiry(context, session, nowMs);
  startWill(context, session, nowMs);
  context.journal?.session(session);
}

/** Starts the clock of a session whose client is away. */
export function startExpiry(context: Context, session: Session, fromMs: number): void {
  if (session.expiryS === NEVER_EXPIRES) return;
  session.expiryTimer ??= { target: { kind: "expiry", session }, dueMs: 0 };
  context.wheel.schedule(session.expiryTimer, fromMs + session.expiryS * 1000);
}

/** Marks what has to be taken up again by the next connection. */
function leaveOpen(session: Session): void {
  for (const delivery of allInflight(session.inflight)) {
    delivery.isCounted = false;
    if (delivery.state === "sent") delivery.state = "resend";
  }
  // the receive maximum counts from zero on the next connection (4.9)
  for (const packetId of session.inbound?.keys() ?? []) session.inbound?.set(packetId, false);
}

/** Ends a session: what it subscribed to, what waited for it, and its will, which is sent now [MQTT-3.1.2-8]. */
export function endSession(context: Context, session: Session): void {
  if (session.connection !== null) {
    closeConnection(context, session.connection, BROKEN);
    if (context.sessions.get(session.clientId) !== session) return;
  }
  if (session.expiryTimer !== null) context.wheel.cancel(session.expiryTimer);
  context.sessions.delete(session.clientId);
  for (const subscription of session.subscriptions.values()) removeSubscription(context, subscription);
  context.replays.ready.delete(session);
  context.journal?.sessionEnded(session);
  session.expiryS = 0;
  publishWill(context, session);
  handOver(context, session);
}

/** Ends a connection from this side; clients of MQTT 5 hear why. */
export function disconnect(
  context: Context,
  connection: Connection,
  code: number,
  reason: Reason,
  ending: Ending = BROKEN,
): void {
  if (connection.isClosed) return;
  flushRun(context);
  // before CONNACK is out nothing may be sent [MQTT-3.2.0-1]
  if (connection.version === 5 && connection.hasBegun) {
    if (context.writer.connection === connection) flushWriter(context.writer);
    sendAtOnce(context, connection, goodbye(context, connection, code, reason));
  }
  closeConnection(context, connection, ending);
  connection.output.end(reason);
}

function goodbye({ limits }: Context, connection: Connection, wanted: number, reason: Reason): Buffer {
  const code = elsewhere(reason.kind, wanted, limits);
  const reference = isElsewhere(code) ? limits.serverReference : null;
  const reasoned = encodeDisconnect(code, connection.wantsReasons ? told(reason) : null, reference);
  // [MQTT-3.14.2-3]
  return reasoned.length <= connection.maximumPacketSize ? reasoned : encodeDisconnect(code, null, reference);
}
