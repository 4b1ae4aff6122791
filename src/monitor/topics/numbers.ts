/** Values of a topic that are kept. */
const KEPT = 32;

/** The last values of a topic that publishes numbers: a ring, a moment and a value in turn. */
export interface Numbers {
  readonly ring: Float64Array;
  /** How many were ever written. */
  count: number;
}

/** What such a ring takes in memory, about. */
export const NUMBERS_BYTES = KEPT * 16 + 200;

/** Makes an empty ring. */
export function createNumbers(): Numbers {
  return { ring: new Float64Array(KEPT * 2), count: 0 };
}

/** Writes a value in the place of the oldest. */
export function recordNumber(numbers: Numbers, atMs: number, value: number): void {
  const place = (numbers.count % KEPT) * 2;
  numbers.ring[place] = atMs;
  numbers.ring[place + 1] = value;
  numbers.count++;
}

/** The values that are kept, the oldest first. */
export function recordedNumbers({
  ring,
  count,
}: Numbers): readonly { readonly atMs: number; readonly value: number }[] {
  const kept = Math.min(count, KEPT);
  return Array.from({ length: kept }, (_, index) => {
    const place = ((count - kept + index) % KEPT) * 2;
    return { atMs: ring[place] ?? 0, value: ring[place + 1] ?? 0 };
  });
}
