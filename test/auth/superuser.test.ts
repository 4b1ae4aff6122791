import { expect, test } from "vitest";
import { isSuperuserValue } from "../../src/auth/superuser.ts";

test.each([true, 1, 2, "1", "2", "1.0", "true", "TRUE", "t", "T", Buffer.from([1])])(
  "%j makes a superuser",
  (value) => {
    expect(isSuperuserValue(value)).toBe(true);
  },
);

test.each([
  false,
  0,
  0.5,
  -1,
  Number.NaN,
  "0",
  "",
  " 1",
  "1x",
  "yes",
  "tt",
  "false",
  null,
  undefined,
  [],
  [1],
  {},
  Buffer.from([0]),
  Buffer.from([1, 0]),
  Buffer.from("1"),
])("%j makes none", (value) => {
  expect(isSuperuserValue(value)).toBe(false);
});

test("a big integer of a driver counts like a number", () => {
  expect([isSuperuserValue(1n), isSuperuserValue(0n)]).toEqual([true, false]);
});
