import type { Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";
import type { Filter } from "./filter.ts";

/** One subscription of one subscriber. */
export interface Subscription<S> {
  readonly subscriber: S;
  readonly filter: Filter;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** Kept to be stored; routing does not use it. */
  readonly retainHandling: 0 | 1 | 2;
  /** 0: none. */
  readonly identifier: number;
  /** The identifier as property bytes; "" for none. */
  readonly subscriptionIds: ByteString;
  /** The rules no longer allow it: it stays, and delivers nothing until they do again. Asked for by isSuspended(). */
  suspended: boolean;
  /** Which rights of its subscriber `suspended` was decided by; -1: it was not yet. */
  decidedBy: number;
}

/** The members of one shared subscription: same group name and same filter. */
export interface SharedGroup<S> {
  /** As its members wrote it: "$share/group/home/#". */
  readonly filter: string;
  readonly members: Subscription<S>[];
  /** Index of the member whose turn is next. */
  next: number;
}

/** All subscriptions to one filter. */
export interface Bucket<S> {
  readonly plain: Map<S, Subscription<S>>;
  /** null: none is shared. */
  groups: Map<string, SharedGroup<S>> | null;
}

/** Adds or replaces a subscription in its bucket. */
export function addToBucket<S>(bucket: Bucket<S>, subscription: Subscription<S>): void {
  const { group, text } = subscription.filter;
  if (group === null) {
    bucket.plain.set(subscription.subscriber, subscription);
    return;
  }
  bucket.groups ??= new Map();
  const shared = bucket.groups.get(group);
  if (shared === undefined) {
    bucket.groups.set(group, { filter: text, members: [subscription], next: 0 });
    return;
  }
  const index = shared.members.findIndex((member) => member.subscriber === subscription.subscriber);
  if (index < 0) shared.members.push(subscription);
  else shared.members[index] = subscription;
}

/** Takes a subscription out of its bucket; tells whether the bucket is empty now. */
export function removeFromBucket<S>(bucket: Bucket<S>, subscriber: S, group: string | null): boolean {
  if (group === null) bucket.plain.delete(subscriber);
  else removeMember(bucket, subscriber, group);
  return bucket.plain.size === 0 && bucket.groups === null;
}

function removeMember<S>(bucket: Bucket<S>, subscriber: S, group: string): void {
  const shared = bucket.groups?.get(group);
  const index = shared?.members.findIndex((member) => member.subscriber === subscriber) ?? -1;
  if (shared === undefined || index < 0) return;
  shared.members.splice(index, 1);
  // whoever's turn it was keeps it
  if (index < shared.next) shared.next--;
  if (shared.members.length > 0) return;
  bucket.groups?.delete(group);
  if (bucket.groups?.size === 0) bucket.groups = null;
}
