import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFolding, type Folding } from "../../src/monitor/folding.ts";

let lines: string[] = [];
let folding: Folding;

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
  folding.add("a", "wrong password", {});
  expect(lines).toEqual(["wrong password 1 09:10"]);
});

test("repeats are written together, with their count and the time of the first", () => {
  for (let i = 0; i < 14; i++) folding.add("a", "wrong password", {});
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(15_000);
  expect(lines).toEqual(["wrong password 1 09:10", "wrong password 14 09:10"]);
});

test("a device that tries each second for an hour writes few lines and loses no count", () => {
  for (let second = 0; second < 3_600; second++) {
    folding.add("a", "wrong password", {});
    vi.advanceTimersByTime(1_000);
  }
  expect(lines.length).toBeLessThan(12);
  folding.stop();
  expect(lines.at(-1)).toBe("wrong password 3600 09:10");
});

test("different keys are counted apart", () => {
  folding.add("a", "a", {});
  folding.add("b", "b", {});
  folding.add("b", "b", {});
  vi.advanceTimersByTime(15_000);
  expect(lines).toEqual(["a 1 09:10", "b 1 09:10", "b 2 09:10"]);
});

test("after an hour of silence the next one is new", () => {
  folding.add("a", "a", {});
  vi.advanceTimersByTime(3_700_000);
  folding.add("a", "a", {});
  expect(lines).toEqual(["a 1 09:10", "a 1 10:11"]);
});

test("a flood of keys does not grow without bound: the oldest is forgotten and is new again", () => {
  folding.add("first", "first", {});
  for (let i = 0; i < 1_000; i++) folding.add(`key ${i}`, "other", {});
  folding.add("first", "first", {});
  expect(lines.filter((line) => line.startsWith("first"))).toEqual(["first 1 09:10", "first 1 09:10"]);
});
