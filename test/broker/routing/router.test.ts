import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../src/broker/routing/filter.ts";
import { createRetainedCursor, stepCursor } from "../../../src/broker/routing/retained-cursor.ts";
import { createRetainedStore } from "../../../src/broker/routing/retained-store.ts";
import { createRouter } from "../../../src/broker/routing/router.ts";
import { LONGEST_KEPT_TOPIC } from "../../../src/broker/routing/topic-table.ts";
import type { StoredMessage } from "../../../src/broker/routing/stored-message.ts";
import type { Subscription } from "../../../src/broker/routing/subscription.ts";

/** Matching as the specification words it, level by level; slow and plain. */
function matches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = topic.split("/");
  const parts = filter.split("/");
  for (const [index, part] of parts.entries()) {
    if (part === "#") return true;
    if (index >= levels.length || (part !== "+" && part !== levels[index])) return false;
  }
  return parts.length === levels.length;
}

const name = fc.constantFrom("a", "b", "", "$s", "__proto__");
const topics = fc.array(name, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filters = fc
  .tuple(fc.array(fc.oneof(name, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/"))
  .filter((filter) => filter !== "");

function subscription(subscriber: string, text: string): Subscription<string> {
  const filter = parseFilter(text, 200);
  if (filter === null) throw new Error(`cannot parse filter '${text}'`);
  const options = {
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    subscriptionIds: "",
  } as const;
  return { subscriber, filter, ...options, suspended: false, decidedBy: 0 };
}

describe("the router", () => {
  it("finds exactly the subscribers whose filter matches, whatever came and went", () => {
    const change = fc.record({ filter: filters, isAdded: fc.boolean(), topic: topics });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const router = createRouter<string>(4, ({ suspended }) => suspended);
        const held = new Set<string>();
        for (const { filter, isAdded, topic } of changes) {
          if (isAdded) {
            held.add(filter);
            router.add(subscription(filter, filter));
          } else if (held.delete(filter)) {
            router.remove(filter, subscription(filter, filter).filter);
          }
          if (topic === "") continue;
          const found = router.routes(router.entryOf(topic)).targets.map(({ subscriber }) => subscriber);
          expect(found.toSorted()).toEqual([...held].filter((one) => matches(one, topic)).toSorted());
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps answers right for entries that were pushed out of its cache", () => {
    const router = createRouter<string>(2, ({ suspended }) => suspended);
    const entry = router.entryOf("t");
    expect(router.routes(entry).targets).toEqual([]);
    for (const other of ["x", "y", "z"]) router.entryOf(other);
    router.add(subscription("s", "t"));
    expect(router.routes(entry).targets).toHaveLength(1);
    expect(entry.evicted).toBe(true);
  });

  it("keeps no topic of many bytes, which anybody could fill the memory with, and routes it all the same", () => {
    const router = createRouter<string>(128, ({ suspended }) => suspended);
    router.add(subscription("s", "long/#"));
    for (const [length, isKept] of [
      [LONGEST_KEPT_TOPIC, true],
      [LONGEST_KEPT_TOPIC + 1, false],
    ] as const) {
      const topic = "long/".padEnd(length, "x");
      const entry = router.entryOf(topic);
      expect(router.routes(entry).targets).toHaveLength(1);
      expect(router.topics.find(Buffer.from(topic), 0, length) !== null).toBe(isKept);
    }
  });

  it("knows a topic by its bytes", () => {
    const router = createRouter<string>(128, ({ suspended }) => suspended);
    const bytes = Buffer.from("..home/ä..");
    const end = bytes.length - 2;
    expect(router.topics.find(bytes, 2, end)).toBeNull();
    const entry = router.topics.enter(bytes, 2, end);
    expect(entry).toMatchObject({ text: "home/ä", bytes: Buffer.from("home/ä").toString("latin1") });
    expect(router.topics.find(bytes, 2, end)).toBe(entry);
    expect(router.entryOf("home/ä")).toBe(entry);
  });
});

describe("filters", () => {
  it.each([
    ["a/b", { topic: "a/b", group: null, hasWildcard: false }],
    ["+", { topic: "+", group: null, hasWildcard: true }],
    ["/", { topic: "/", group: null, hasWildcard: false }],
    ["a/#", { topic: "a/#", group: null, hasWildcard: true }],
    ["$share/g/a/+", { topic: "a/+", group: "g", hasWildcard: true }],
    ["$share/g//", { topic: "/", group: "g", hasWildcard: false }],
    ["$shared/x", { topic: "$shared/x", group: null, hasWildcard: false }],
  ])("%s is split", (text, expected) => {
    expect(parseFilter(text, 200)).toEqual({ text, ...expected });
  });

  it.each(["", "a#", "#/a", "a/#/b", "+a", "a/b+", "$share/", "$share/g", "$share/g/", "$share//a", "$share/#/a"])(
    "%s is not valid",
    (text) => {
      expect(parseFilter(text, 200)).toBeNull();
    },
  );

  it("have a limited number of levels", () => {
    expect(parseFilter("a/b/c", 3)).not.toBeNull();
    expect(parseFilter("a/b/c/d", 3)).toBeNull();
  });
});

describe("the retained store", () => {
  const LIMITS = { maxRetainedMessages: 1000, maxRetainedBytes: 1_000_000 };
  const message = (topic: string): StoredMessage => ({
    topic,
    topicBytes: topic,
    body: "x",
    propertiesLength: 0,
    qos: 0,
    retain: true,
    expiresAtMs: 0,
    publisher: null,
    source: null,
    sequence: 1,
  });

  it("finds exactly the topics a filter matches, whatever came and went", () => {
    const change = fc.record({ topic: topics, isSet: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), filters, (changes, filter) => {
        const store = createRetainedStore();
        const held = new Set<string>();
        for (const { topic, isSet } of changes) {
          const isExpected = isSet || held.has(topic);
          if (isSet) held.add(topic);
          else held.delete(topic);
          expect(isSet ? store.set(message(topic), LIMITS) : store.delete(topic)).toBe(isExpected);
        }
        const cursor = createRetainedCursor(store.root, filter);
        const found: string[] = [];
        while (stepCursor(cursor)) if (cursor.found !== null) found.push(cursor.found.topic);
        expect(found.toSorted()).toEqual([...held].filter((topic) => matches(filter, topic)).toSorted());
        expect(store.count).toBe(held.size);
        for (const topic of held) store.delete(topic);
        expect([store.count, store.bytes, store.root.children, store.root.onlyChild]).toEqual([0, 0, null, null]);
      }),
      { numRuns: 1000 },
    );
  });

  it("holds to its limits in messages and bytes", () => {
    const store = createRetainedStore();
    const limits = { maxRetainedMessages: 2, maxRetainedBytes: 10 };
    expect(store.set({ ...message("a"), body: "123456" }, limits)).toBe(true);
    expect(store.set({ ...message("b"), body: "123456" }, limits)).toBe(false);
    expect(store.set({ ...message("b"), body: "1" }, limits)).toBe(true);
    expect(store.set(message("c"), limits)).toBe(false);
    expect(store.set({ ...message("a"), body: "" }, limits)).toBe(true);
    expect([store.count, store.bytes]).toEqual([2, 3]);
  });
});
