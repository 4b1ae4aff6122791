import { expect, test } from "vitest";
import { createRates } from "../../../src/monitor/sensors/rates.ts";
import { reading } from "./reading.ts";

const MINUTE = 60_000;

test("messages are told per minute since the last reading", () => {
  const rates = createRates(0);
  expect(rates.take(reading({ atMs: 0 }))).toMatchObject({ inPerMinute: 0, outPerMinute: 0 });
  expect(rates.take(reading({ atMs: 10_000, messagesIn: 5, messagesOut: 20 }))).toMatchObject({
    inPerMinute: 30,
    outPerMinute: 120,
  });
  expect(rates.take(reading({ atMs: 10_000 + MINUTE, messagesIn: 12, messagesOut: 20 }))).toMatchObject({
    inPerMinute: 7,
    outPerMinute: 0,
  });
});

test("refusals are counted over the last hour", () => {
  const rates = createRates(0);
  expect(rates.take(reading({ atMs: MINUTE, refused: 3, denied: 1, dropped: 2 }))).toMatchObject({
    refusedPerHour: 3,
    deniedPerHour: 1,
    droppedPerHour: 2,
  });
  rates.take(reading({ atMs: 30 * MINUTE, refused: 10, denied: 1, dropped: 2 }));
  // the three of the first minute are over
  expect(rates.take(reading({ atMs: 61 * MINUTE, refused: 11, denied: 1, dropped: 2 }))).toMatchObject({
    refusedPerHour: 8,
    deniedPerHour: 0,
    droppedPerHour: 0,
  });
});

test("what was counted long before the first reading is no news", () => {
  const rates = createRates(0);
  expect(rates.take(reading({ atMs: 300 * MINUTE, refused: 500 }))).toMatchObject({ refusedPerHour: 0 });
  expect(rates.take(reading({ atMs: 301 * MINUTE, refused: 504 }))).toMatchObject({ refusedPerHour: 4 });
});
