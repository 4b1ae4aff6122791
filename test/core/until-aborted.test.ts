import { expect, test } from "vitest";
import { untilAborted } from "../../src/core/until-aborted.ts";

const patient = new AbortController().signal;
const never = new Promise<never>(() => {});

test("a promise is waited for", async () => {
  await expect(untilAborted(Promise.resolve(7), patient)).resolves.toBe(7);
});

test("what the promise rejects with is thrown as it is", async () => {
  const fault = new Error("no route");
  await expect(untilAborted(Promise.reject(fault), patient)).rejects.toBe(fault);
});

test("an abort ends the wait with its reason", async () => {
  const leaving = new AbortController();
  const answer = untilAborted(never, leaving.signal);
  const reason = new Error("the client is gone");
  leaving.abort(reason);
  await expect(answer).rejects.toBe(reason);
});

test("nothing is waited for after an abort", async () => {
  const reason = new Error("the client is gone");
  await expect(untilAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("a promise that rejects after the abort is nobody's fault", async () => {
  const leaving = new AbortController();
  const late = Promise.withResolvers<never>();
  const answer = untilAborted(late.promise, leaving.signal);
  leaving.abort(new Error("gone"));
  await expect(answer).rejects.toThrow("gone");
  late.reject(new Error("too late"));
  await expect(late.promise).rejects.toThrow("too late");
});
