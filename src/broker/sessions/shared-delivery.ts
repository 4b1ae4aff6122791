import { parseFilter } from "../routing/filter.ts";
import { isExpired, type StoredMessage } from "../routing/stored-message.ts";
import type { SharedGroup, Subscription } from "../routing/subscription.ts";
import type { Context } from "./context.ts";
import { deliveriesOf, limitReached } from "./delivery-queue.ts";
import type { Delivery } from "./delivery.ts";
import { allInflight } from "./inflight.ts";
import { canSend, deliver, deliveryQos } from "./outbound.ts";
import { isSuspended, mayReceive } from "./permissions.ts";
import type { Session } from "./session.ts";

/** Delivers a message to one member of a group [MQTT-4.8.2-4..6]; false when nobody can take it. */
export function deliverShared(context: Context, group: SharedGroup<Session>, message: StoredMessage): boolean {
  const member = chooseMember(context, group, message);
  if (member === null) return false;
  const { subscriber, subscriptionIds, retainAsPublished } = member;
  deliver(
    context,
    subscriber,
    message,
    deliveryQos(context, member.qos, message.qos),
    message.retain && retainAsPublished,
    subscriptionIds,
    group.filter,
  );
  return true;
}

/**
 * Whose turn it is: the next member that can take the message at once, else one that can queue it while connected,
 * else one that is away and comes back for it.
 */
function chooseMember(
  context: Context,
  group: SharedGroup<Session>,
  message: StoredMessage,
): Subscription<Session> | null {
  let best: Subscription<Session> | null = null;
  let bestRank = 0;
  const { members } = group;
  const first = group.next;
  for (let offset = 0; offset < members.length; offset++) {
    const index = (first + offset) % members.length;
    const member = members[index];
    if (member === undefined || isSuspended(member)) continue;
    const rank = rankOf(context, member, message);
    if (rank <= bestRank || !mayReceive(context, member.subscriber, message.topic)) continue;
    best = member;
    bestRank = rank;
    group.next = (index + 1) % members.length;
    if (rank === 3) break;
  }
  return best;
}

/** 3: at once, 2: queued while connected, 1: queued while away or until its rules were asked, 0: not at all. */
function rankOf(context: Context, member: Subscription<Session>, message: StoredMessage): 0 | 1 | 2 | 3 {
  const { connection, queue, isHeld } = member.subscriber;
  const qos = deliveryQos(context, member.qos, message.qos);
  const isFit = limitReached(queue, message.body.length + message.topicBytes.length, context.limits) === null;
  if (connection !== null && isHeld) return isFit ? 1 : 0;
  if (connection === null) return isFit && (qos > 0 || context.limits.queueQos0) ? 1 : 0;
  if (qos === 0) return connection.hasBegun && connection.output.bytesUnsent() <= context.limits.maxUnsentBytes ? 3 : 0;
  if (queue === null && canSend(context, connection)) return 3;
  return isFit ? 2 : 0;
}

/**
 * Gives what a session leaves behind to the other members of its groups. A QoS 2 message that was sent stays with
 * the client it was sent to [MQTT-4.8.2-5]. To be called when the session's subscriptions are gone.
 */
export function handOver(context: Context, session: Session): void {
  const left: Delivery[] = allInflight(session.inflight).filter((delivery) => delivery.qos < 2);
  if (session.queue !== null) left.push(...deliveriesOf(session.queue));
  for (const delivery of left) {
    // [MQTT-3.3.2-5]
    if (isExpired(delivery.message, context.now())) {
      context.counters.droppedExpired++;
      continue;
    }
    const filter = delivery.group === null ? null : parseFilter(delivery.group, Infinity);
    const group = filter === null ? null : context.router.group(filter);
    if (group === null || !deliverShared(context, group, delivery.message)) context.counters.droppedSessionEnd++;
  }
}
