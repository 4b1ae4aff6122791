import { setImmediate } from "node:timers/promises";

/** Milliseconds that a long task works before everyone else has their turn. */
const WORK_MS = 8;
/** Steps between two looks at the clock, when they are short. */
const STEPS = 64;

/** Lets a long task rest: asking after each step costs next to nothing. */
export interface Pauses {
  /** To be called after each step; true: it is time to rest. */
  isDue(): boolean;
  rest(): Promise<void>;
}

/** Begins to count; `every` are the steps between two looks at the clock. */
export function createPauses(every = STEPS): Pauses {
  let steps = 0;
  let sinceMs = performance.now();
  return {
    isDue: () => ++steps % every === 0 && performance.now() - sinceMs > WORK_MS,
    async rest() {
      await setImmediate();
      sinceMs = performance.now();
    },
  };
}
