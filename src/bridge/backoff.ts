import type { BridgeSettings } from "../settings/types.ts";

/** How long to wait before the next attempt. */
export interface Backoff {
  nextMs(): number;
  /** The connection was good for so long: the next wait is a short one again. */
  reset(): void;
}

/** Waits a random time between the shortest wait and three times the last one, at most the longest, as mosquitto does. */
export function createBackoff({ baseS, capS }: BridgeSettings["restart"], random: () => number): Backoff {
  let last = baseS;
  return {
    nextMs() {
      last = Math.min(capS, baseS + random() * (3 * last - baseS));
      return last * 1000;
    },
    reset() {
      last = baseS;
    },
  };
}
