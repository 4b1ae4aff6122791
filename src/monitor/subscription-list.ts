import type { SubscriptionInfo } from "../core/figures.ts";
import { counted } from "../core/words.ts";

/** Subscribers in one line, so that none becomes too long to be written whole. */
const IN_ONE_LINE = 20;

/**
 * All subscriptions as lines for people, in the order of the topic tree:
 * "home/+/state: hall (QoS 1), kitchen (QoS 0, away)".
 */
export function subscriptionLines(subscriptions: Iterable<SubscriptionInfo>): readonly string[] {
  const byFilter = new Map<string, SubscriptionInfo[]>();
  let count = 0;
  for (const subscription of subscriptions) {
    count++;
    const same = byFilter.get(subscription.filter);
    if (same === undefined) byFilter.set(subscription.filter, [subscription]);
    else same.push(subscription);
  }
  const lines = [`${counted(count, "subscription")} to ${counted(byFilter.size, "filter")}.`];
  for (const filter of [...byFilter.keys()].toSorted(byLevels)) {
    const subscribers = (byFilter.get(filter) ?? []).map(subscriberText).toSorted();
    for (let start = 0; start < subscribers.length; start += IN_ONE_LINE) {
      lines.push(`${filter}: ${subscribers.slice(start, start + IN_ONE_LINE).join(", ")}`);
    }
  }
  return lines;
}

function subscriberText({ clientId, qos, isConnected, isSuspended }: SubscriptionInfo): string {
  const notes = [`QoS ${qos}`, ...(isConnected ? [] : ["away"]), ...(isSuspended ? ["not allowed now"] : [])];
  return `${clientId} (${notes.join(", ")})`;
}

/** What is below a level stands directly behind it: "a", "a/b", "a b". */
function byLevels(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let depth = 0; depth < left.length && depth < right.length; depth++) {
    const [one = "", other = ""] = [left[depth], right[depth]];
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}
