import { expect, test } from "vitest";
import { inTime } from "../../src/auth/in-time.ts";
import { BackendError } from "../../src/core/errors.ts";

const bounds = { name: "slow", timeoutMs: 60_000, signal: new AbortController().signal };

test("an answer at once stays one", () => {
  expect(inTime(() => 7, bounds)).toBe(7);
});

test("an answer later is waited for", async () => {
  await expect(inTime(() => Promise.resolve(7), bounds)).resolves.toBe(7);
});

test("whatever is thrown at once becomes a BackendError with its cause", () => {
  const cause = new TypeError("x is not a function");
  const ask = (): never => {
    throw cause;
  };
  expect(() => inTime(ask, bounds)).toThrow(new BackendError("slow: x is not a function", { cause, source: "slow" }));
});

test("whatever is thrown later becomes a BackendError with its cause", async () => {
  const cause = new BackendError("no route");
  await expect(inTime(() => Promise.reject(cause), bounds)).rejects.toThrow(
    new BackendError("slow: no route", { cause, source: "slow" }),
  );
});

test("a question without an answer ends when its time is over, and is told so", async () => {
  const told = Promise.withResolvers<AbortSignal>();
  const ask = (signal: AbortSignal): Promise<never> => {
    told.resolve(signal);
    return new Promise(() => {});
  };
  await expect(inTime(ask, { ...bounds, timeoutMs: 10 })).rejects.toThrow(
    new BackendError("slow: no answer within 10 ms", {
      cause: new BackendError("no answer within 10 ms"),
      source: "slow",
    }),
  );
  expect((await told.promise).aborted).toBe(true);
});

test("a question ends when nobody waits for it any more", async () => {
  const leaving = new AbortController();
  const answer = inTime(() => new Promise(() => {}), { ...bounds, signal: leaving.signal });
  leaving.abort(new Error("the client is gone"));
  await expect(answer).rejects.toThrow(
    new BackendError("slow: the client is gone", { cause: new Error("the client is gone"), source: "slow" }),
  );
});

test("a question that comes too late is not waited for", async () => {
  const signal = AbortSignal.abort(new Error("the client is gone"));
  await expect(inTime(() => new Promise(() => {}), { ...bounds, signal })).rejects.toThrow(BackendError);
});

test("no clock is left behind", async () => {
  const clocks = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = clocks();
  await inTime(() => Promise.resolve(7), bounds);
  await expect(inTime(() => Promise.reject(new Error("no")), bounds)).rejects.toThrow(BackendError);
  expect(clocks()).toBe(before);
});
