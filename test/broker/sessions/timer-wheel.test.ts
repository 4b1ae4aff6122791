import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimerWheel, type Timer } from "../../../src/broker/sessions/timer-wheel.ts";

describe("the timer wheel", () => {
  it("fires each timer once, when it is due and not more than a tick later, in order of ticks", () => {
    const TICK = 10;
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 500 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 20 }),
        (delays, steps) => {
          const start = 1_000_000;
          const fired = new Map<number, number>();
          let nowMs = start;
          const wheel = createTimerWheel<number>(TICK, start, (index) => {
            expect(fired.has(index)).toBe(false);
            fired.set(index, nowMs);
          });
          for (const [index, delay] of delays.entries()) wheel.schedule({ target: index, dueMs: 0 }, start + delay);
          for (const step of [...steps, 1000]) {
            nowMs += step;
            wheel.advance(nowMs);
            const tooEarly = [...fired].filter(([index, atMs]) => atMs < start + (delays[index] ?? 0));
            const tooLate = delays.filter((delay, index) => start + delay + TICK <= nowMs && !fired.has(index));
            expect([tooEarly, tooLate]).toEqual([[], []]);
          }
        },
      ),
    );
  });

  it("moves and cancels timers, from within one that fires too", () => {
    const fired: string[] = [];
    const timers = ["a", "b", "c"].map((target): Timer<string> => ({ target, dueMs: 0 }));
    const [a, b, c] = timers;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three timers were made");
    const wheel = createTimerWheel<string>(10, 0, (target) => {
      fired.push(target);
      if (target === "a") {
        wheel.cancel(b);
        wheel.schedule(c, 500);
      }
    });
    for (const timer of timers) wheel.schedule(timer, 100);
    wheel.schedule(a, 200);
    wheel.schedule(b, 200);
    wheel.schedule(c, 200);
    wheel.advance(150);
    expect(fired).toEqual([]);
    wheel.advance(200);
    expect(fired).toEqual(["a"]);
    wheel.advance(1_000_000);
    expect(fired).toEqual(["a", "c"]);
  });

  it("fires what was due before it was scheduled at the next tick", () => {
    const fired: number[] = [];
    const wheel = createTimerWheel<number>(10, 1000, (target) => fired.push(target));
    wheel.schedule({ target: 1, dueMs: 0 }, 5);
    wheel.advance(1000);
    expect(fired).toEqual([]);
    wheel.advance(1010);
    expect(fired).toEqual([1]);
  });
});
