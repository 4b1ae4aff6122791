import { BackendError } from "../src/core/errors.ts";

export interface LoginQueue {
  /**
   * Runs a call when a slot is free, first come, first served. `signal` gives up the place in the queue; a call that
   * has begun is not affected.
   * @throws BackendError when the queue is full or the place was given up.
   */
  run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Lets `slots` calls run at a time and at most `places` more wait: a whole house may reconnect in one second. */
export function createLoginQueue(slots: number, places: number): LoginQueue {
  /** Oldest first; a Set keeps that order and forgets those who leave. */
  const waiting = new Set<() => void>();
  let running = 0;

  const enter = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw gaveUp(signal);
    if (running < slots) {
      running += 1;
      return;
    }
    if (waiting.size >= places) throw new BackendError("too many logins are waiting for an answer");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      waiting.delete(resolve);
      reject(gaveUp(signal));
    };
    waiting.add(resolve);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };

  /** Hands the slot to the next in the queue, or frees it. */
  const leave = (): void => {
    const next = waiting.values().next().value;
    if (next === undefined) {
      running -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return {
    async run(call, signal) {
      await enter(signal);
      try {
        return await call();
      } finally {
        leave();
      }
    },
  };
}

function gaveUp(signal: AbortSignal): BackendError {
  return new BackendError("nobody waits for this login any more", { cause: signal.reason });
}
