import { expect, test } from "vitest";
import { createCircuitBreaker } from "../../src/auth/circuit-breaker.ts";
import { BackendError } from "../../src/core/errors.ts";

const yes = async (): Promise<string> => "yes";
const no = async (): Promise<string> => {
  throw new Error("no answer");
};

/** A breaker that opens after 3 failures for 5 s, 20 s at most, with a clock and a way to fail n times. */
function start() {
  const clock = { ms: 1000 };
  const breaker = createCircuitBreaker({ failures: 3, openMs: 5000, maxOpenMs: 20_000 }, () => clock.ms);
  const fail = async (times: number): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- failures in a row
    for (let i = 0; i < times; i++) await expect(breaker.run(no)).rejects.toThrow("no answer");
  };
  return { clock, breaker, fail };
}

test("stays closed below its limit, and counts only failures in a row", async () => {
  const { breaker, fail } = start();
  await fail(2);
  expect(await breaker.run(yes)).toBe("yes");
  await fail(2);
  expect(breaker.isOpen()).toBe(false);
});

test("refuses at once when it is open, without making the call", async () => {
  const { breaker, fail } = start();
  await fail(3);
  expect(breaker.isOpen()).toBe(true);
  let calls = 0;
  const call = breaker.run(async () => (calls += 1));
  await expect(call).rejects.toThrow(new BackendError("asked too often without an answer"));
  expect(calls).toBe(0);
});

test("lets one probe through after its time, and closes when that succeeds", async () => {
  const { breaker, clock, fail } = start();
  await fail(3);
  clock.ms += 5000;
  const probe = Promise.withResolvers<string>();
  const probing = breaker.run(() => probe.promise);
  expect(breaker.isOpen()).toBe(true);
  await expect(breaker.run(yes)).rejects.toThrow(BackendError);
  probe.resolve("yes");
  expect(await probing).toBe("yes");
  expect(breaker.isOpen()).toBe(false);
  await fail(2);
  expect(breaker.isOpen()).toBe(false);
});

test("doubles its time with each probe that fails, up to the limit, and starts anew after a success", async () => {
  const { breaker, clock, fail } = start();
  await fail(3);
  for (const openMs of [5000, 10_000, 20_000, 20_000]) {
    clock.ms += openMs - 1;
    expect(breaker.isOpen()).toBe(true);
    clock.ms += 1;
    expect(breaker.isOpen()).toBe(false);
    // oxlint-disable-next-line no-await-in-loop
    await fail(1);
  }
  clock.ms += 20_000;
  await breaker.run(yes);
  await fail(3);
  clock.ms += 5000;
  expect(breaker.isOpen()).toBe(false);
});

test("is not opened for longer by calls that were under way when it opened", async () => {
  const { breaker, clock, fail } = start();
  const late = Promise.withResolvers<string>();
  const underWay = breaker.run(() => late.promise);
  await fail(3);
  clock.ms += 4000;
  late.reject(new Error("no answer"));
  await expect(underWay).rejects.toThrow("no answer");
  clock.ms += 1000;
  expect(breaker.isOpen()).toBe(false);
});
