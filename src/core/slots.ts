import { BackendError } from "./errors.ts";

/** Lets some calls run at a time, and a bounded number wait for their turn. */
interface Slots {
  /**
   * Runs a call when a slot is free, first come, first served. `signal` gives up the place in the queue; a call that
   * has begun is not affected.
   * @throws BackendError when every place is taken, and the signal's reason when the place was given up.
   */
  run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Makes `slots` to run in and `places` to wait in; `whenFull` is what those hear who find no place. */
export function createSlots(slots: number, places: number, whenFull: string): Slots {
  /** Oldest first; a Set keeps that order and forgets those who leave. */
  const waiting = new Set<() => void>();
  let running = 0;

  const enter = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (running < slots) {
      running += 1;
      return;
    }
    if (waiting.size >= places) throw new BackendError(whenFull);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      waiting.delete(resolve);
      reject(signal.reason);
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
