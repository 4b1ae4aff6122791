import { timeOfDay } from "../core/clock-time.ts";
import type { LogFields } from "../core/logger.ts";

interface FoldedLine {
  readonly text: string;
  readonly fields: LogFields;
  /** How often it happened since `since`. */
  readonly count: number;
  /** "09:10". */
  readonly since: string;
}

interface Entry {
  text: string;
  fields: LogFields;
  readonly firstAtMs: number;
  lastAtMs: number;
  count: number;
  written: number;
  writes: number;
  dueAtMs: number;
}

export interface Folding {
  /** Writes the first of its key at once; the following are counted and written together. It may stand for several. */
  add(key: string, text: string, fields: LogFields, times?: number): void;
  stop(): void;
}

/** Waits between two lines of one key: a device that tries each second fills no log. */
const PAUSES_MS = [10_000, 60_000, 600_000, 3_600_000] as const;
const SWEEP_MS = 5_000;
/** An hour of silence, and the next one counts as new. */
const FORGET_MS = 3_600_000;
/** Keys come from the network; past this many the oldest is forgotten. */
const MAX_KEYS = 1_000;

/** Folds lines that repeat. Counts are written by a timer that runs only while something is unwritten. */
export function createFolding(write: (line: FoldedLine) => void, now: () => number = Date.now): Folding {
  const entries = new Map<string, Entry>();
  let timer: NodeJS.Timeout | null = null;

  function writeOut(entry: Entry): void {
    entry.written = entry.count;
    entry.dueAtMs = now() + (PAUSES_MS[Math.min(entry.writes, PAUSES_MS.length - 1)] ?? 0);
    entry.writes++;
    write({ text: entry.text, fields: entry.fields, count: entry.count, since: timeOfDay(entry.firstAtMs) });
  }

  function sweep(): void {
    const at = now();
    let unwritten = false;
    for (const [key, entry] of entries) {
      if (entry.count > entry.written && at >= entry.dueAtMs) writeOut(entry);
      if (entry.count > entry.written) unwritten = true;
      else if (at - entry.lastAtMs > FORGET_MS) entries.delete(key);
    }
    if (unwritten || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    add(key, text, fields, times = 1) {
      const at = now();
      const known = entries.get(key);
      if (known !== undefined && at - known.lastAtMs <= FORGET_MS) {
        known.count += times;
        known.lastAtMs = at;
        known.text = text;
        known.fields = fields;
        timer ??= setInterval(sweep, SWEEP_MS).unref();
        return;
      }
      entries.delete(key);
      const oldest = entries.size >= MAX_KEYS ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
      const clock = { firstAtMs: at, lastAtMs: at, dueAtMs: 0 };
      const entry: Entry = { text, fields, ...clock, count: times, written: 0, writes: 0 };
      entries.set(key, entry);
      writeOut(entry);
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      for (const entry of entries.values()) if (entry.count > entry.written) writeOut(entry);
      entries.clear();
    },
  };
}
