import { setImmediate } from "node:timers/promises";

/** Milliseconds that a long task works before everyone else has their turn. */
const WORK_MS = 8;
/** Steps between two looks at the clock. */
const STEPS = 64;

/** Lets a long task rest: asking after each step costs next to nothing. */
export interface Pauses {
  /** To be called after each step; true: it is time to rest. */
  isDue(): boolean;
  rest(): Promise<void>;
}

/** Begins to count. */
export function createPauses(): Pauses {
  let steps = 0;
  let sinceMs = performance.now();
  return {
    isDue: () => ++steps % STEPS === 0 && performance.now() - sinceMs > WORK_MS,
    async rest() {
      await setImmediate();
      sinceMs = performance.now();
    },
  };
}
