import { describe, expect, test } from "vitest";
import type { SubscriptionInfo } from "../../src/core/figures.ts";
import { subscriptionLines } from "../../src/monitor/subscription-list.ts";

function subscription(filter: string, clientId: string, rest: Partial<SubscriptionInfo> = {}): SubscriptionInfo {
  return { filter, clientId, qos: 0, isConnected: true, isSuspended: false, ...rest };
}

describe("the list of subscriptions", () => {
  test("is one line when there are none", () => {
    expect(subscriptionLines([])).toEqual(["0 subscriptions to 0 filters."]);
  });

  test("goes through the topic tree, with everyone who subscribed to a filter", () => {
    expect(
      subscriptionLines([
        subscription("home!", "c"),
        subscription("home/+/state", "hall", { qos: 1 }),
        subscription("home", "a"),
        subscription("$share/g/home/#", "worker", { qos: 2 }),
        subscription("home/+/state", "kitchen", { isConnected: false }),
        subscription("home/#", "b", { isConnected: false, isSuspended: true }),
      ]),
    ).toEqual([
      "6 subscriptions to 5 filters.",
      "$share/g/home/#: worker (QoS 2)",
      "home: a (QoS 0)",
      "home/#: b (QoS 0, away, not allowed now)",
      "home/+/state: hall (QoS 1), kitchen (QoS 0, away)",
      "home!: c (QoS 0)",
    ]);
  });

  test("names many subscribers on several lines", () => {
    const many = Array.from({ length: 21 }, (_, index) => subscription("a", `c${String(index).padStart(2, "0")}`));
    const [, first, second, ...rest] = subscriptionLines(many);
    expect(first).toMatch(/^a: c00 \(QoS 0\), .*, c19 \(QoS 0\)$/);
    expect([second, ...rest]).toEqual(["a: c20 (QoS 0)"]);
  });
});
