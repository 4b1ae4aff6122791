import { expect, test } from "vitest";
import { isFull, spend, takeOne, tokenBucket } from "../../../src/broker/rates/token-bucket.ts";

test("a bucket holds what one second brings, and refills at its rate", () => {
  const bucket = tokenBucket(4, 0);
  if (bucket === null) throw new Error("there is a limit");
  expect([1, 2, 3, 4, 5].map(() => takeOne(bucket, 0))).toEqual([true, true, true, true, false]);
  expect([takeOne(bucket, 249), takeOne(bucket, 250), takeOne(bucket, 250)]).toEqual([false, true, false]);
  expect(isFull(bucket, 1_000)).toBe(false);
  expect(isFull(bucket, 60_000)).toBe(true);
  expect([1, 2, 3, 4, 5].map(() => takeOne(bucket, 60_000))).toEqual([true, true, true, true, false]);
});

test("what was used too early is waited for", () => {
  const bucket = tokenBucket(1_000, 0);
  if (bucket === null) throw new Error("there is a limit");
  expect([spend(bucket, 1_000, 0), spend(bucket, 500, 0), spend(bucket, 0, 200)]).toEqual([0, 500, 300]);
  expect(spend(bucket, 0, 500)).toBe(0);
});

test("a clock that was set back takes nothing and brings nothing", () => {
  const bucket = tokenBucket(2, 10_000);
  if (bucket === null) throw new Error("there is a limit");
  expect([takeOne(bucket, 10_000), takeOne(bucket, 5_000), takeOne(bucket, 5_000)]).toEqual([true, true, false]);
  expect(takeOne(bucket, 5_500)).toBe(true);
});

test.each([null, Infinity])("%s is no limit", (perSecond) => {
  expect(tokenBucket(perSecond, 0)).toBeNull();
});
