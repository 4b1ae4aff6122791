import type { Snapshot } from "./types.ts";

/** The moment in force. Replaced whole, by one assignment. */
export interface Live {
  current(): Snapshot;
  swap(next: Snapshot): void;
}

/** Holds the moment that every decision is made from. */
export function createLive(first: Snapshot): Live {
  let snapshot = first;
  return {
    current: () => snapshot,
    swap(next) {
      snapshot = next;
    },
  };
}
