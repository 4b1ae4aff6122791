/** How long a client was here and away before, the newest last; from that is learned when it is back. */
export interface Rhythm {
  readonly hereMs: readonly number[];
  readonly awayMs: readonly number[];
}

export const NO_RHYTHM: Rhythm = { hereMs: [], awayMs: [] };

/** Rounds that are looked at, and those that it takes to call it a habit. */
const LOOKED_AT = 8;
const HABIT = 3;
/** Away for less is a broken connection, not sleep. */
const SHORTEST_SLEEP_MS = 5_000;
/** Devices oversleep a little. */
const GRACE = 1.25;
const GRACE_MS = 30_000;

/** Adds a time here and the time away that followed it. */
export function withRound({ hereMs, awayMs }: Rhythm, here: number, away: number): Rhythm {
  if (away < SHORTEST_SLEEP_MS) return { hereMs, awayMs };
  return { hereMs: [...hereMs, here].slice(-LOOKED_AT), awayMs: [...awayMs, away].slice(-LOOKED_AT) };
}

/**
 * How long a client is usually away at most, with some grace; null: it does not sleep as a habit. A device that is here
 * for longer than it is away lost its connection.
 */
export function usualAwayMs({ hereMs, awayMs }: Rhythm): number | null {
  if (awayMs.length < HABIT || median(hereMs) >= median(awayMs)) return null;
  // one night without power is no habit
  const longest = Math.min(Math.max(...awayMs), 4 * median(awayMs));
  return longest * GRACE + GRACE_MS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
