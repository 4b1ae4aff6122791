import type { LogLine } from "../core/api/system.ts";
import type { LogSink, LogType } from "../core/logger.ts";

/** The last lines of the log, for who was not there. */
export interface RecentLog {
  readonly sink: LogSink;
  /** The newest first. */
  readonly lines: () => readonly LogLine[];
}

interface Entry {
  readonly type: LogType;
  readonly message: string;
  atMs: number;
  count: number;
}

const KEPT = 500;
/** Entries among which a line that says the same is looked for. */
const FOLDED = 10;

/** Makes it, empty. A line that repeats one of the last ten is counted there. */
export function createRecentLog(): RecentLog {
  const entries: Entry[] = [];
  return {
    sink({ type, message, atMs }) {
      const at = entries.findLastIndex((known, index) => index >= entries.length - FOLDED && known.message === message);
      const [same = { type, message, atMs, count: 0 }] = at === -1 ? [] : entries.splice(at, 1);
      same.count++;
      same.atMs = atMs;
      entries.push(same);
      if (entries.length > KEPT) entries.shift();
    },
    lines: () =>
      entries.toReversed().map(({ type, message, atMs, count }) => {
        return { at: new Date(atMs).toISOString(), level: LEVELS[type], text: message, count };
      }),
  };
}

const LEVELS = {
  error: "error",
  warning: "warning",
  notice: "notice",
  information: "info",
  debug: "debug",
  subscribe: "info",
  unsubscribe: "info",
} as const;
