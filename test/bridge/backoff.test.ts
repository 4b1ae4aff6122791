import { expect, test } from "vitest";
import { createBackoff } from "../../src/bridge/backoff.ts";

test("a constant wait is always the same", () => {
  const backoff = createBackoff({ baseS: 10, capS: 10, stableS: 0 }, () => 0.7);
  expect([backoff.nextMs(), backoff.nextMs()]).toEqual([10_000, 10_000]);
});

test("a wait is between the shortest and three times the last, at most the longest, and short again after a success", () => {
  const backoff = createBackoff({ baseS: 5, capS: 30, stableS: 0 }, () => 1);
  expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([15_000, 30_000, 30_000]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(15_000);
  expect(createBackoff({ baseS: 5, capS: 30, stableS: 0 }, () => 0).nextMs()).toBe(5_000);
});
