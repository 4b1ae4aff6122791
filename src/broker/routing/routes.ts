import type { Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";
import { subscriptionIdBytes } from "../packets/publish-encoder.ts";
import type { Bucket, SharedGroup, Subscription } from "./subscription.ts";

/** Who gets the messages of one topic. */
export interface Routes<S> {
  readonly targets: readonly Target<S>[];
  readonly groups: readonly SharedGroup<S>[];
}

/** One subscriber of a topic: all its matching subscriptions as one copy, with the highest QoS [MQTT-3.3.4-2]. */
export interface Target<S> {
  readonly subscriber: S;
  readonly qos: Qos;
  readonly retainAsPublished: boolean;
  /** Every matching identifier as property bytes [MQTT-3.3.4-4]. */
  readonly subscriptionIds: ByteString;
  /** What the subscriber gets of its own messages: null is nothing [MQTT-3.8.3-3]; itself where no-local is not used. */
  readonly own: Target<S> | null;
  /** Whether the rules let it receive; null: not asked yet. Lives as long as the routes. */
  allowed: boolean | null;
}

/** Many topics have no subscriber, and share this. */
const NOBODY: Routes<never> = { targets: [], groups: [] };

/** Merges what matched into one target for each subscriber, without what is suspended. */
export function routesOf<S>(
  buckets: readonly Bucket<S>[],
  isSuspended: (subscription: Subscription<S>) => boolean,
): Routes<S> {
  if (buckets.length === 0) return NOBODY;
  const bySubscriber = new Map<S, Subscription<S>[]>();
  const groups: SharedGroup<S>[] = [];
  for (const bucket of buckets) {
    for (const subscription of bucket.plain.values()) {
      if (isSuspended(subscription)) continue;
      const others = bySubscriber.get(subscription.subscriber);
      if (others === undefined) bySubscriber.set(subscription.subscriber, [subscription]);
      else others.push(subscription);
    }
    if (bucket.groups !== null) groups.push(...bucket.groups.values());
  }
  const targets: Target<S>[] = [];
  for (const [subscriber, subscriptions] of bySubscriber) targets.push(targetOf(subscriber, subscriptions));
  return { targets, groups };
}

function targetOf<S>(subscriber: S, subscriptions: readonly Subscription<S>[]): Target<S> {
  const own = subscriptions.filter((subscription) => !subscription.noLocal);
  const merged = merge(subscriber, subscriptions);
  if (own.length === subscriptions.length) return selfOwned(merged);
  return { ...merged, own: own.length === 0 ? null : selfOwned(merge(subscriber, own)) };
}

function merge<S>(subscriber: S, subscriptions: readonly Subscription<S>[]): Omit<Target<S>, "own"> {
  let qos: Qos = 0;
  let retainAsPublished = false;
  const identifiers: number[] = [];
  for (const subscription of subscriptions) {
    if (subscription.qos > qos) qos = subscription.qos;
    retainAsPublished ||= subscription.retainAsPublished;
    const { identifier } = subscription;
    if (identifier > 0 && !identifiers.includes(identifier)) identifiers.push(identifier);
  }
  return { subscriber, qos, retainAsPublished, subscriptionIds: subscriptionIdBytes(identifiers), allowed: null };
}

function selfOwned<S>(merged: Omit<Target<S>, "own">): Target<S> {
  const target: Target<S> & { own: Target<S> | null } = { ...merged, own: null };
  target.own = target;
  return target;
}
