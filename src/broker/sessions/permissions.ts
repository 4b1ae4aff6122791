import { deny, isAllowed } from "../../core/reasons.ts";
import type { Decision, Reason } from "../../core/types.ts";
import type { Target } from "../routing/routes.ts";
import type { Subscription } from "../routing/subscription.ts";
import { megabytes } from "../megabytes.ts";
import type { Context } from "./context.ts";
import { hasName } from "./mount-point.ts";
import { LONGEST_KEPT_TOPIC } from "../routing/topic-table.ts";
import { takeOne, tokenBucket } from "../rates/token-bucket.ts";
import type { Session } from "./session.ts";

/** Decisions kept for one session; then it starts anew. */
const MAX_DECISIONS = 1024;

/** Whether a client may publish to a topic. A refusal is recorded for each message. */
export function mayPublish(context: Context, session: Session, topic: string): boolean {
  let decision = session.publishDecisions?.get(topic);
  if (decision === undefined) {
    decision = session.access.check("publish", topic);
    session.publishDecisions = keep(session.publishDecisions, topic, decision);
  }
  if (isAllowed(decision)) return true;
  context.counters.publishDenied++;
  context.record({ kind: "denied", client: session.client, action: "publish", topic, decision });
  return false;
}

/** Whether a topic was refused because a source of rules did not answer. */
export function isTopicUndecided({ publishDecisions, access }: Session, topic: string): boolean {
  return isUndecided(publishDecisions?.get(topic) ?? access.check("publish", topic));
}

/** Whether a decision is a no only because nobody said yes or no yet. */
export function isUndecided({ reason: { kind } }: Decision): boolean {
  return kind === "rules_unavailable" || kind === "rules_unasked";
}

/** Whether a message of a client is within the number that it may publish in a second; if not, that is recorded. */
export function isInTime(context: Context, session: Pick<Session, "client" | "publishQuota">, topic: string): boolean {
  const { publishQuota: quota } = session;
  if (quota === null || takeOne(quota, context.now())) return true;
  const sentence = `faster than ${quota.perSecond} messages a second, which is what its roles allow`;
  refusePublish(context, session, topic, { counter: "refusedRate", reason: { kind: "publish_denied", sentence } });
  return false;
}

/** Why a message that the rules allow is not accepted, and what counts it. */
export interface Refusal {
  readonly counter: "refusedOversize" | "refusedText" | "refusedRetained" | "refusedRate" | "refusedMemory";
  readonly reason: Reason;
}

/** Counts and reports a message that the rules allow and a limit of the broker does not. */
export function refusePublish(
  context: Context,
  session: Pick<Session, "client">,
  topic: string,
  refusal: Refusal,
): void {
  context.counters[refusal.counter]++;
  const decision = deny("limits", refusal.reason);
  context.record({ kind: "denied", client: session.client, action: "publish", topic, decision });
}

/** Why a payload is too large for the broker; null when it is not. */
export function payloadFault({ limits }: Context, bytes: number): Refusal | null {
  if (bytes <= limits.maxPayloadBytes) return null;
  const sizes = `${megabytes(bytes)}; the limit is ${megabytes(limits.maxPayloadBytes)}`;
  const reason: Reason = { kind: "oversize", sentence: `message of ${sizes} (message_size_limit)` };
  return { counter: "refusedOversize", reason };
}

/** Why a retained message is not kept. */
export function retainedFault({ isMemoryFull }: Context): Refusal {
  return isMemoryFull ? MEMORY_FULL : RETAINED_FULL;
}

const MEMORY_FULL: Refusal = {
  counter: "refusedMemory",
  reason: { kind: "memory_full", sentence: "the broker is short of memory and retains nothing more (memory_limit)" },
};

const RETAINED_FULL: Refusal = {
  counter: "refusedRetained",
  reason: {
    kind: "queue_dropped",
    sentence: "no more retained messages are kept (their number or their size is at its limit)",
  },
};

/**
 * Whether a client may receive from a topic. A refusal is recorded when it is decided, and counted for each message. What
 * comes for a session that is held is decided when it leaves its queue.
 */
export function mayReceive(context: Context, session: Session, topic: string): boolean {
  if (!hasName(session.mountPoint, topic)) return false;
  if (session.isHeld) return true;
  let allowed = session.receiveDecisions?.get(topic);
  if (allowed === undefined) {
    const decision = session.access.check("receive", topic);
    allowed = isAllowed(decision);
    session.receiveDecisions = keep(session.receiveDecisions, topic, allowed);
    if (!allowed) context.record({ kind: "denied", client: session.client, action: "receive", topic, decision });
  }
  if (!allowed) context.counters.receiveDenied++;
  return allowed;
}

/**
 * The decisions with one more, and without the others when they are too many. They are not cleared: what an old Map drops
 * and takes is garbage that only a full collection finds. Very long topics are decided each time, so that who is denied
 * many of them does not fill the memory.
 */
function keep<Kept>(decisions: Map<string, Kept> | null, topic: string, decision: Kept): Map<string, Kept> | null {
  if (topic.length > LONGEST_KEPT_TOPIC) return decisions;
  const roomy = decisions === null || decisions.size >= MAX_DECISIONS ? new Map<string, Kept>() : decisions;
  return roomy.set(topic, decision);
}

/** mayReceive() for a target of cached routes, which remembers the answer. */
export function mayTargetReceive(context: Context, target: Target<Session>, topic: string): boolean {
  if (target.allowed === true) return true;
  target.allowed = mayReceive(context, target.subscriber, topic);
  return target.allowed;
}

/** Whether the rules suspend a subscription. They are asked when that matters, once for each change of its client's rights. */
export function isSuspended(subscription: Subscription<Session>): boolean {
  const { subscriber, filter } = subscription;
  if (subscription.decidedBy !== subscriber.rights) {
    const decision = subscriber.access.check("subscribe", filter.text);
    // it stays as it is while what comes by it waits
    if (subscriber.isHeld && decision.reason.kind === "rules_unasked") return subscription.suspended;
    subscription.decidedBy = subscriber.rights;
    subscription.suspended = !isAllowed(decision);
  }
  return subscription.suspended;
}

/** Whether the rules of a session have to be asked before it is known what they say of its subscriptions. */
export function mustBeAsked({ access, subscriptions }: Session): boolean {
  if (access.prepare === undefined) return false;
  for (const filter of subscriptions.keys()) {
    if (access.check("subscribe", filter).reason.kind === "rules_unasked") return true;
  }
  return false;
}

/**
 * Gives a session the rights of its identity under the rules in force. The routes that it may be in have to be
 * forgotten too: they remember what it might receive, and which of its subscriptions were suspended.
 */
export function renewRights(context: Context, session: Session): void {
  session.access = context.accessFor(session.identity);
  session.rights++;
  session.isHeld = mustBeAsked(session);
  session.publishQuota = tokenBucket(context.maxPublishRate(session.identity), context.now());
  forgetDecisions(session);
}

/** Forgets what was decided: the rules changed. */
export function forgetDecisions(session: Session): void {
  session.publishDecisions = null;
  session.receiveDecisions = null;
  if (session.connection !== null) session.connection.lastTopic = null;
}
