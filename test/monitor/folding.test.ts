import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFolding, type Folding } from "../../src/monitor/folding.ts";

let lines: string[] = [];
let folding: Folding;

/** Adds a line of a group of its own. */
function add(key: string, text: string): void {
  folding.add(key, text, {}, { key: `group of ${key}`, text: "many" });
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 10, 20, 9, 10) });
  lines = [];
  folding = createFolding(({ text, count, since }) => lines.push(`${text} ${count} ${since}`));
});

afterEach(() => {
  folding.stop();
  vi.useRealTimers();
});

test("the first of a kind is written at once", () => {
  add("a", "wrong password");
  expect(lines).toEqual(["wrong password 1 09:10"]);
});

test("repeats are written together, with their count and the time of the first", () => {
  for (let i = 0; i < 14; i++) add("a", "wrong password");
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(15_000);
  expect(lines).toEqual(["wrong password 1 09:10", "wrong password 14 09:10"]);
});

test("a device that tries each second for an hour writes few lines and loses no count", () => {
  for (let second = 0; second < 3_600; second++) {
    add("a", "wrong password");
    vi.advanceTimersByTime(1_000);
  }
  expect(lines.length).toBeLessThan(12);
  folding.stop();
  expect(lines.at(-1)).toBe("wrong password 3600 09:10");
});

test("different keys are counted apart", () => {
  add("a", "a");
  add("b", "b");
  add("b", "b");
  vi.advanceTimersByTime(15_000);
  expect(lines).toEqual(["a 1 09:10", "b 1 09:10", "b 2 09:10"]);
});

test("after an hour of silence the next one is new", () => {
  add("a", "a");
  vi.advanceTimersByTime(3_700_000);
  add("a", "a");
  expect(lines).toEqual(["a 1 09:10", "a 1 10:11"]);
});

test("a flood of keys does not grow without bound: the oldest is forgotten and is new again", () => {
  add("first", "first");
  for (let i = 0; i < 1_000; i++) add(`key ${i}`, "other");
  add("first", "first");
  expect(lines.filter((line) => line.startsWith("first"))).toEqual(["first 1 09:10", "first 1 09:10"]);
});

test("what is forgotten in a flood has its unwritten count in the log before", () => {
  for (let i = 0; i < 3; i++) add("first", "first");
  for (let i = 0; i < 1_000; i++) add(`key ${i}`, "other");
  expect(lines.filter((line) => line.startsWith("first"))).toEqual(["first 1 09:10", "first 3 09:10"]);
});

test("what one peer can cause at will becomes one line past some, and its count is kept", () => {
  const group = { key: "peer", text: "many topics" };
  for (let i = 0; i < 3_000; i++) folding.add(`topic ${i}`, `topic ${i}`, {}, group);
  folding.add("other", "other peer", {}, { key: "other peer", text: "many" });
  expect(lines).toHaveLength(12);
  expect(lines.slice(-2)).toEqual(["many topics 1 09:10", "other peer 1 09:10"]);
  vi.advanceTimersByTime(15_000);
  expect(lines.at(-1)).toBe("many topics 2990 09:10");
});
