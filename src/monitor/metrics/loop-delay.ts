import { monitorEventLoopDelay } from "node:perf_hooks";

/** Measures how long things wait for their turn, which costs a little as long as it lasts. */
export interface LoopDelay {
  /** The longest wait in the last half to whole minute, in milliseconds. */
  longestMs(): number;
  stop(): void;
}

const RESOLUTION_MS = 20;
const HALF_MS = 30_000;

/** Begins to measure. */
export function watchLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  // what is measured is the time between two looks, which is never shorter than what it is set to
  const longest = (): number => Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
  let before = 0;
  const clock = setInterval(() => {
    before = longest();
    delays.reset();
  }, HALF_MS).unref();
  return {
    longestMs: () => Math.max(before, longest()),
    stop() {
      clearInterval(clock);
      delays.disable();
    },
  };
}
