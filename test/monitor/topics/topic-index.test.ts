import { expect, test } from "vitest";
import type { ClientInfo } from "../../../src/core/events.ts";
import { createTopicIndex, type IndexLimits, type TopicIndex } from "../../../src/monitor/topics/topic-index.ts";
import { numberIn } from "../../../src/monitor/topics/topic-entry.ts";

const clientOf = (clientId: string, username: string | null = "u"): ClientInfo => ({
  clientId,
  username,
  address: "192.0.2.7",
  listener: "1883",
});

function setUp(limits: Partial<IndexLimits> = {}) {
  let nowMs = 1000;
  const all: IndexLimits = { maxTopics: 100, maxBytes: Infinity, ...limits };
  const index = createTopicIndex(
    () => all,
    () => nowMs,
  );
  const publish = (topic: string, payload: string | Buffer, client = clientOf("a"), count = 1): void => {
    // as it lies in what was read from a socket
    const source = Buffer.concat([Buffer.from("xx"), Buffer.from(payload), Buffer.from("yy")]);
    index.seen(topic, client, source, 2, source.length - 2, 1, false, count);
  };
  return {
    index,
    publish,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

const valueOf = (index: TopicIndex, topic: string): string => {
  const entry = index.get(topic);
  return entry === null ? "" : Buffer.from(entry.value.subarray(0, entry.bytes)).toString();
};

test("a topic has its last value, and its publishers with their numbers", () => {
  const { index, publish, pass } = setUp();
  publish("a/b", "one");
  pass(5);
  publish("a/b", "a longer one that needs more room than the first ".repeat(3), clientOf("b", null), 4);
  pass(5);
  publish("a/b", "two");
  expect(valueOf(index, "a/b")).toBe("two");
  expect(index.get("a/b")).toMatchObject({ bytes: 3, qos: 1, atMs: 1010, count: 6, retainedAtMs: 0 });
  expect(index.get("a/b")?.publishers).toEqual([
    { client: clientOf("a"), atMs: 1010, count: 2 },
    { client: clientOf("b", null), atMs: 1005, count: 4 },
  ]);
});

test("a client that connects again is the same publisher, with its new address", () => {
  const { index, publish } = setUp();
  publish("a", "1", clientOf("a"));
  publish("a", "2", { ...clientOf("a"), address: "192.0.2.8" });
  expect(index.get("a")?.publishers).toMatchObject([{ client: { address: "192.0.2.8" }, count: 2 }]);
});

test("of many publishers the one that was silent for longest is forgotten", () => {
  const { index, publish, pass } = setUp();
  for (let number = 0; number < 9; number++) {
    pass(1);
    publish("a", "1", clientOf(`client ${number}`));
  }
  const names = index.get("a")?.publishers.map(({ client }) => client.clientId);
  expect(names?.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((number) => `client ${number}`));
});

test("above the limit of topics what was silent for longest is forgotten, and counted", () => {
  const { index, publish, pass } = setUp({ maxTopics: 2 });
  publish("a", "1");
  pass(1);
  publish("b", "1");
  pass(1);
  publish("a", "2");
  publish("c", "1");
  expect([...index.entries()].map(({ topic }) => topic)).toEqual(["a", "c"]);
  expect(index).toMatchObject({ topics: 2, forgotten: 1, forgottenUntilMs: 1001 });
});

test("above the limit of bytes too, and the bytes are those of what is left", () => {
  const { index, publish } = setUp({ maxBytes: 20_000 });
  for (let number = 0; number < 50; number++) publish(`topic ${number}`, "x".repeat(4000));
  expect(index.bytes).toBeLessThanOrEqual(20_000);
  expect(index.topics).toBe(4);
  const one = setUp();
  for (const topic of index.entries()) one.publish(topic.topic, "x".repeat(4000));
  expect(one.index.bytes).toBe(index.bytes);
});

test("of a long payload the start is kept", () => {
  const { index, publish } = setUp();
  publish("a", "x".repeat(10_000));
  expect(index.get("a")?.bytes).toBe(10_000);
  expect(index.get("a")?.value.length).toBe(4096);
});

test.each<[string, number]>([
  ["21.5", 21.5],
  ["-3", -3],
  ["0", 0],
  ["007", 7],
  ["123456789012345", 123_456_789_012_345],
  ["-0.25", -0.25],
  ["", NaN],
  ["-", NaN],
  [".5", NaN],
  ["5.", NaN],
  ["1.2.3", NaN],
  ["1e3", NaN],
  [" 1", NaN],
  ["ON", NaN],
  ["1234567890123456", NaN],
])("the number in %j is %d", (text, number) => {
  expect(numberIn(Buffer.from(`9${text}9`), 1, text.length + 1)).toBe(number);
});
