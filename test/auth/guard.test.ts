import { expect, test } from "vitest";
import { createGuard } from "../../src/auth/guard.ts";
import { BackendError } from "../../src/core/errors.ts";

const { signal } = new AbortController();

test("who asks whether a silent source is back is not held as long as the question", async () => {
  const guard = createGuard<string>({
    limits: {
      acceptedMs: 60_000,
      acceptedJitterMs: 0,
      refusedMs: 0,
      staleMs: 0,
      maxEntries: 10,
      breaker: { failures: 1, openMs: 0, maxOpenMs: 0 },
      slots: 4,
      places: 10,
      retryMs: null,
      patienceMs: 20,
    },
    source: "house",
    isYes: (answer) => answer === "yes",
    counts: () => true,
    silent: () => {},
    back: () => {},
    count: () => {},
    stopping: signal,
    now: () => performance.now(),
    random: () => 0,
  });
  const login = guard.login("plug", "pw");
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const broken = async (): Promise<string> => Promise.reject(new BackendError("no"));

  await expect(guard.ask(login, broken, signal)).rejects.toThrow("no");
  await expect(guard.ask(login, () => late, signal)).rejects.toThrow("house did not answer in time");
  // the question went on, and its answer serves the next attempt
  resolve("yes");
  await late;
  await expect.poll(() => guard.ask(login, broken, signal)).toBe("yes");
});
