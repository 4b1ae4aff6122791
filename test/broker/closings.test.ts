import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createClosings } from "../../src/broker/closings.ts";

test("a few are closed at once", async () => {
  const { add } = createClosings();
  const closed: number[] = [];
  add(() => void closed.push(1));
  add(() => void closed.push(2));
  expect(closed).toEqual([1, 2]);
  await turn();
  await turn();
  add(() => void closed.push(3));
  expect(closed).toEqual([1, 2, 3]);
});

test("many are closed in order, and others have their turns in between", async () => {
  const { add } = createClosings();
  const closed: number[] = [];
  for (let n = 0; n < 1_000; n++) add(() => void closed.push(n));
  const seen: number[] = [];
  while (closed.length < 1_001) {
    seen.push(closed.length);
    // one that comes meanwhile stands behind them
    if (seen.length === 3) add(() => void closed.push(1_000));
    await turn();
  }
  expect(closed).toEqual(Array.from({ length: 1_001 }, (_, n) => n));
  expect(seen.length).toBeGreaterThan(10);
});
