import { array, assert, boolean, constantFrom, property, record } from "fast-check";
import { expect, test } from "vitest";
import { createRetainedStore } from "../../../src/broker/routing/retained-store.ts";
import type { RetainedPlace } from "../../../src/broker/routing/retained-tree.ts";
import type { StoredMessage } from "../../../src/broker/routing/stored-message.ts";

const LIMITS = { maxRetainedMessages: 1_000, maxRetainedBytes: 1_000_000 };

// few names, so that topics lie below each other and levels come and go
const topic = array(constantFrom("a", "b", ""), { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const step = record({ topic, isDeletion: boolean(), isSeated: boolean() });

test("a remembered place never leads to another message than the way through the tree", () => {
  assert(
    property(array(step, { maxLength: 100 }), (steps) => {
      const store = createRetainedStore();
      const expected = new Map<string, StoredMessage>();
      const seats = new Map<string, { place: RetainedPlace | null }>();
      for (const [index, { topic: name, isDeletion, isSeated }] of steps.entries()) {
        if (isDeletion) {
          store.delete(name);
          expected.delete(name);
        } else {
          const seat = seats.get(name) ?? { place: null };
          seats.set(name, seat);
          const message = messageTo(name, index);
          store.set(message, LIMITS, isSeated ? seat : undefined);
          expected.set(name, message);
        }
        expect(store.count).toBe(expected.size);
        expect(store.bytes).toBe(
          [...expected.values()].reduce((sum, { topicBytes, body }) => sum + topicBytes.length + body.length, 0),
        );
        for (const [known, message] of expected) expect(store.get(known)).toBe(message);
      }
      expect(new Set(store.messages())).toEqual(new Set(expected.values()));
    }),
  );
});

test("a message that is replaced at its place counts for the limits as any other", () => {
  const store = createRetainedStore();
  const seat = { place: null };
  const limits = { maxRetainedMessages: 1, maxRetainedBytes: 10 };
  for (const payload of ["1", "22", "333"]) {
    expect(store.set(messageTo("topic", 0, payload), limits, seat)).toBe(true);
  }
  expect(store.set(messageTo("topic", 0, "too long"), limits, seat)).toBe(false);
  expect(store.get("topic")?.body).toBe("333");
  expect(store.bytes).toBe(8);
});

function messageTo(name: string, sequence: number, body = `message ${sequence}`): StoredMessage {
  return {
    topic: name,
    topicBytes: name,
    body,
    propertiesLength: 0,
    qos: 0,
    retain: true,
    expiresAtMs: 0,
    publisher: null,
    source: null,
    sequence,
  };
}
