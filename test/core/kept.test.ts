import { expect, test } from "vitest";
import { kept } from "../../src/core/kept.ts";

test("is computed anew after a while, and when what it is computed from is another", () => {
  let nowMs = 0;
  let source = "a";
  let count = 0;
  const value = kept(
    () => `${source}${++count}`,
    1000,
    () => nowMs,
    () => source,
  );
  expect([value(), value()]).toEqual(["a1", "a1"]);
  nowMs = 999;
  expect(value()).toBe("a1");
  nowMs = 1000;
  expect(value()).toBe("a2");
  source = "b";
  expect([value(), value()]).toEqual(["b3", "b3"]);
});
