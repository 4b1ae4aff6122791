import { expect, test } from "vitest";
import { createRecent } from "../../src/auth/recent.ts";

test("a key is kept for five minutes and no longer", () => {
  let nowMs = 1_000_000;
  const recent = createRecent(() => nowMs);
  expect(recent.has("a")).toBe(false);
  recent.add("a");
  nowMs += 299_999;
  expect(recent.has("a")).toBe(true);
  expect(recent.has("b")).toBe(false);
  nowMs += 1;
  expect(recent.has("a")).toBe(false);
});

test("adding a key again starts its time anew", () => {
  let nowMs = 0;
  const recent = createRecent(() => nowMs);
  recent.add("a");
  nowMs = 200_000;
  recent.add("a");
  nowMs = 400_000;
  expect(recent.has("a")).toBe(true);
});

test("a clock that is set back ends the life of a key", () => {
  let nowMs = 1_000_000;
  const recent = createRecent(() => nowMs);
  recent.add("a");
  nowMs = 999_999;
  expect(recent.has("a")).toBe(false);
  nowMs = 1_000_001;
  expect(recent.has("a")).toBe(false);
});

test("a thousand keys are kept, the oldest goes first", () => {
  const recent = createRecent(() => 0);
  for (let index = 0; index < 1000; index++) recent.add(`key ${index}`);
  recent.add("key 0");
  expect(recent.has("key 1")).toBe(true);
  recent.add("one more");
  expect([recent.has("key 0"), recent.has("key 1"), recent.has("key 2"), recent.has("one more")]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
