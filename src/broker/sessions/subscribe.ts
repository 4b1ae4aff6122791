import { isAllowed } from "../../core/reasons.ts";
import { Code } from "../packets/codes.ts";
import { FAULTS, type Fault } from "../packets/fault.ts";
import { subscriptionIdBytes } from "../packets/publish-encoder.ts";
import { encodeSuback, encodeUnsuback } from "../packets/server-packets.ts";
import { decodeSubscribe, decodeUnsubscribe, type SubscribeRequest } from "../packets/subscribe-packet.ts";
import { type Filter, parseFilter } from "../routing/filter.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Context } from "./context.ts";
import { sendEncodedAck } from "./held-packets.ts";
import { mountedFilter, mountedName } from "./mount-point.ts";
import { isSuspended, isUndecided } from "./permissions.ts";
import { startReplay, stopReplay } from "./replay.ts";
import { type Connection, isPersistent, type Session } from "./session.ts";

/** Takes the SUBSCRIBE in [start, end). A fault means that the connection has to be closed. */
export function receiveSubscribe(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Fault | null {
  const packet = decodeSubscribe(context.header.properties, chunk, start, end, connection.version);
  if (packet.kind === "fault") return packet.fault;
  const codes: number[] = [];
  for (const request of packet.requests) {
    const written = parseFilter(request.filter, context.limits.maxTopicLevels);
    const filter = written === null ? null : mountedFilter(connection.session.mountPoint, written);
    // before MQTT 5 there is no code for it, and a protocol violation closes [MQTT-4.8.0-1]
    if (filter === null && connection.version < 5) return FAULTS.topicFilter;
    if (filter === null) {
      codes.push(Code.topicFilterInvalid);
      continue;
    }
    const code = subscribe(context, connection, filter, request, packet.identifier);
    if (code === deniedCode(context) && context.endsDenied()) return FAULTS.subscribeDenied;
    // MQTT 3.1 has no failure code: the answer is the QoS asked for, as from mosquitto
    codes.push(connection.version === 3 && code >= Code.unspecified ? request.qos : code);
  }
  sendEncodedAck(context, connection, encodeSuback(packet.packetId, codes, connection.version));
  return null;
}

/** Adds one subscription, or says with its code why not. */
function subscribe(
  context: Context,
  connection: Connection,
  filter: Filter,
  request: SubscribeRequest,
  identifier: number,
): number {
  const { session } = connection;
  const refusal = refusalOf(context, session, filter);
  if (refusal !== null) return refusal;
  const old = session.subscriptions.get(filter.text);
  const qos = request.qos < connection.terms.maximumQos ? request.qos : connection.terms.maximumQos;
  const { isBridge } = connection;
  const subscription: Subscription<Session> = {
    subscriber: session,
    filter,
    qos,
    noLocal: request.noLocal || isBridge,
    retainAsPublished: request.retainAsPublished || isBridge,
    retainHandling: request.retainHandling,
    identifier,
    subscriptionIds: subscriptionIdBytes([identifier]),
    suspended: false,
    decidedBy: session.rights,
  };
  session.subscriptions.set(filter.text, subscription);
  context.router.add(subscription); // replaces an old one of the same filter [MQTT-3.8.4-3]
  if (old === undefined) countSubscription(context, filter, 1);
  if (isPersistent(session)) context.journal?.subscription(session, subscription);
  context.record({ kind: "subscribed", client: session.client, filter: filter.text, qos });
  // [MQTT-3.3.1-9..11]; shared subscriptions get none (4.8.2)
  const wantsRetained = request.retainHandling === 0 || (request.retainHandling === 1 && old === undefined);
  if (wantsRetained && filter.group === null) startReplay(context, subscription);
  return qos;
}

function refusalOf(context: Context, session: Session, filter: Filter): number | null {
  const { limits, counters, record } = context;
  if (filter.group !== null && !limits.sharedAvailable) return Code.sharedNotSupported;
  if (filter.hasWildcard && !limits.wildcardAvailable) return Code.wildcardsNotSupported;
  const isNew = !session.subscriptions.has(filter.text);
  // ten thousand filters of 64 kB would be more memory than most have
  const isFull = context.isMemoryFull || session.subscriptions.size >= limits.maxSubscriptions;
  if (isNew && isFull) return Code.quotaExceeded;
  const decision = session.access.check("subscribe", filter.text);
  if (isAllowed(decision)) return null;
  counters.subscribeDenied++;
  record({ kind: "denied", client: session.client, action: "subscribe", topic: filter.text, decision });
  return isUndecided(decision) ? Code.implementationSpecific : deniedCode(context);
}

/** 0x80 is for a broker that does not wish to reveal the reason (3.9.3, 3.11.3). */
function deniedCode({ limits }: Context): number {
  return limits.tellReasons ? Code.notAuthorized : Code.unspecified;
}

/** Takes the UNSUBSCRIBE in [start, end). A fault means that the connection has to be closed. */
export function receiveUnsubscribe(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Fault | null {
  const packet = decodeUnsubscribe(context.header.properties, chunk, start, end, connection.version);
  if (packet.kind === "fault") return packet.fault;
  const { session } = connection;
  const codes = packet.filters.map((written) => {
    const text = mountedName(session.mountPoint, written);
    const decision = session.access.check("unsubscribe", text);
    if (!isAllowed(decision)) {
      context.counters.unsubscribeDenied++;
      context.record({ kind: "denied", client: session.client, action: "unsubscribe", topic: text, decision });
      return deniedCode(context);
    }
    const subscription = session.subscriptions.get(text);
    if (subscription === undefined) return codeOfUnknown(text, context);
    removeSubscription(context, subscription);
    if (isPersistent(session)) context.journal?.unsubscribed(session, text);
    context.record({ kind: "unsubscribed", client: session.client, filter: text });
    return Code.success;
  });
  sendEncodedAck(context, connection, encodeUnsuback(packet.packetId, codes, connection.version));
  return null;
}

/** Asked last: a subscription that is there can be ended, whatever the limits say of its filter now. */
function codeOfUnknown(filter: string, { limits }: Context): number {
  return parseFilter(filter, limits.maxTopicLevels) === null ? Code.topicFilterInvalid : Code.noSubscriptionExisted;
}

/** Takes a subscription away from its session and from routing. */
export function removeSubscription(context: Context, subscription: Subscription<Session>): void {
  const session = subscription.subscriber;
  session.subscriptions.delete(subscription.filter.text);
  context.router.remove(session, subscription.filter);
  stopReplay(session, subscription.filter.text);
  countSubscription(context, subscription.filter, -1);
}

/** Keeps the counters of subscriptions. */
export function countSubscription(context: Context, filter: Filter, change: 1 | -1): void {
  context.counters.subscriptions += change;
  if (filter.group !== null) context.counters.sharedSubscriptions += change;
}

/**
 * Suspends and revives the subscriptions of one session, whose rights may have become others without those of all;
 * false: they stay as they are.
 */
export function recheckSubscriptions(context: Context, session: Session): boolean {
  session.rights++;
  let isChanged = false;
  for (const subscription of session.subscriptions.values()) {
    const { suspended } = subscription;
    if (isSuspended(subscription) === suspended) continue;
    // the routes of its topics are forgotten
    context.router.add(subscription);
    isChanged = true;
  }
  return isChanged;
}
