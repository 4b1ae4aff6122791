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

/** Lines that one peer can cause at will: past some of them it gets one line for all. */
interface Group {
  readonly key: string;
  /** The line for all further ones. */
  readonly text: string;
}

interface Entry {
  text: string;
  fields: LogFields;
  readonly group: string;
  readonly firstAtMs: number;
  lastAtMs: number;
  count: number;
  written: number;
  writes: number;
  dueAtMs: number;
}

export interface Folding {
  /** Writes the first of its key at once; the following are counted and written together. It may stand for several. */
  add(key: string, text: string, fields: LogFields, group: Group, times?: number): void;
  stop(): void;
}

/** Waits between two lines of one key: a device that tries each second fills no log. */
const PAUSES_MS = [10_000, 60_000, 600_000, 3_600_000] as const;
const SWEEP_MS = 5_000;
/** An hour of silence, and the next one counts as new. */
const FORGET_MS = 3_600_000;
/** Keys come from the network; past this many the oldest is forgotten. */
const MAX_KEYS = 1_000;
/** Keys of one group that are told apart. */
const MAX_OF_GROUP = 10;

/** Folds lines that repeat. Counts are written by a timer that runs only while something is unwritten. */
export function createFolding(write: (line: FoldedLine) => void, now: () => number = Date.now): Folding {
  const entries = new Map<string, Entry>();
  const sizes = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  function writeOut(entry: Entry): void {
    entry.written = entry.count;
    entry.dueAtMs = now() + (PAUSES_MS[Math.min(entry.writes, PAUSES_MS.length - 1)] ?? 0);
    entry.writes++;
    write({ text: entry.text, fields: entry.fields, count: entry.count, since: timeOfDay(entry.firstAtMs) });
  }

  function forget(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    // a flood of other keys hides no count
    if (entry.count > entry.written) writeOut(entry);
    entries.delete(key);
    const size = (sizes.get(entry.group) ?? 1) - 1;
    if (size > 0) sizes.set(entry.group, size);
    else sizes.delete(entry.group);
  }

  function sweep(): void {
    const at = now();
    let unwritten = false;
    for (const [key, entry] of entries) {
      if (entry.count > entry.written && at >= entry.dueAtMs) writeOut(entry);
      if (entry.count > entry.written) unwritten = true;
      else if (at - entry.lastAtMs > FORGET_MS) forget(key);
    }
    if (unwritten || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    add(ownKey, ownText, fields, group, times = 1) {
      const isOwn = entries.has(ownKey) || (sizes.get(group.key) ?? 0) < MAX_OF_GROUP;
      const key = isOwn ? ownKey : group.key;
      const text = isOwn ? ownText : group.text;
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
      forget(key);
      const oldest = entries.size >= MAX_KEYS ? entries.keys().next().value : undefined;
      if (oldest !== undefined) forget(oldest);
      sizes.set(group.key, (sizes.get(group.key) ?? 0) + 1);
      const entry: Entry = {
        text,
        fields,
        group: group.key,
        firstAtMs: at,
        lastAtMs: at,
        count: times,
        written: 0,
        writes: 0,
        dueAtMs: 0,
      };
      entries.set(key, entry);
      writeOut(entry);
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      for (const entry of entries.values()) if (entry.count > entry.written) writeOut(entry);
      entries.clear();
      sizes.clear();
    },
  };
}
