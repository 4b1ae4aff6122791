import type { Rate } from "../../core/api/common.ts";

/** A number that only grows, and what it was in the minute before. */
export interface Meter {
  /** The oldest first. */
  readonly samples: number[];
}

/** Between two samples. */
export const SAMPLE_MS = 10_000;
/** A minute has passed between the first and the last. */
const SAMPLES = 7;

/** Makes a meter that has not run yet. */
export function createMeter(): Meter {
  return { samples: [] };
}

/** To be called every ten seconds. A number that is smaller than before began anew. */
export function sample({ samples }: Meter, total: number): void {
  if (total < (samples.at(-1) ?? 0)) samples.length = 0;
  samples.push(total);
  if (samples.length > SAMPLES) samples.shift();
}

/**
 * The rate up to now, this long after the last sample. What a meter without samples counted is all of the last minute:
 * its session is new.
 */
export function rateOf({ samples }: Meter, total: number, bytes: number, sinceSampleMs: number): Rate {
  const before = samples[0] ?? 0;
  if (total < before) return { perMin: total, total, bytes };
  const measuredMs = Math.max(samples.length - 1, 0) * SAMPLE_MS + sinceSampleMs;
  return { perMin: Math.round((total - before) * Math.min(1, MINUTE_MS / measuredMs)), total, bytes };
}

const MINUTE_MS = 60_000;
