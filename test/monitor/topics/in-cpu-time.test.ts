import { createContext, Script } from "node:vm";
import { expect, test } from "vitest";
import { inCpuTime } from "../../../src/monitor/topics/in-cpu-time.ts";

/** Work that is stopped so many times before it succeeds, at a cost in milliseconds of the processor each time. */
function stopped(times: number, costMs: number) {
  let attempts = 0;
  let spentMs = 0;
  const work = (): string => {
    spentMs += costMs;
    if (++attempts <= times) throw new Error("timed out");
    return "done";
  };
  return { attempts: () => attempts, result: inCpuTime(work, 40, () => spentMs) };
}

test("what the machine interrupts is tried again", () => {
  const { result, attempts } = stopped(3, 5);
  expect([result, attempts()]).toEqual(["done", 4]);
});

test("what has had its time is not", () => {
  const { result, attempts } = stopped(1, 40);
  expect([result, attempts()]).toEqual([null, 1]);
});

test("it ends although the processor never gets to it", () => {
  const { result, attempts } = stopped(Infinity, 0);
  expect([result, attempts()]).toEqual([null, 8]);
});

test("an expression that takes years is stopped, one that takes no time is not", () => {
  const texts = ["x".repeat(60)];
  const matches = (pattern: string): unknown =>
    inCpuTime(() => {
      const context = createContext({ pattern, texts });
      return new Script("texts.map((text) => new RegExp(pattern).test(text))").runInContext(context, { timeout: 40 });
    }, 40);
  expect(matches("^(x+x+)+y")).toBeNull();
  expect(matches("x$")).toEqual([true]);
});
