import { describe, expect, test } from "vitest";
import { createLoopGuard } from "../../src/bridge/loop-guard.ts";

const payload = Buffer.from("on");

function rounds(note: () => boolean, most: number): number {
  for (let round = 1; round <= most; round++) if (note()) return round;
  return Infinity;
}

describe("the guard against circles", () => {
  test("finds a message that goes out and comes in again and again", () => {
    const guard = createLoopGuard(() => 0);
    const round = rounds(() => {
      const isOut = guard.note("out", "a", payload);
      return guard.note("in", "a", payload) || isOut;
    }, 1000);
    expect(round).toBeGreaterThanOrEqual(40);
    expect(round).toBeLessThanOrEqual(80);
  });

  test("leaves a device alone that repeats itself in one direction", () => {
    const guard = createLoopGuard(() => 0);
    expect(rounds(() => guard.note("out", "a", payload), 10_000)).toBe(Infinity);
  });

  test("leaves a topic alone whose messages differ, or that is used from both sides now and then", () => {
    let nowMs = 0;
    const guard = createLoopGuard(() => nowMs);
    let count = 0;
    expect(rounds(() => guard.note("out", "a", Buffer.from(`${count++}`)), 1000)).toBe(Infinity);
    const slow = rounds(() => {
      nowMs += 1000;
      return guard.note("out", "a", payload) || guard.note("in", "a", payload);
    }, 1000);
    expect(slow).toBe(Infinity);
  });
});
