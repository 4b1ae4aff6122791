import type { Overview } from "../../core/api/system.ts";

/** What was counted since the start of the broker, at one moment. */
export interface TrafficCount {
  readonly in: { readonly messages: number; readonly bytes: number };
  readonly out: { readonly messages: number; readonly bytes: number };
  /** Transactions on the disk. */
  readonly writes: number;
}

/** How much there was lately. */
export interface TrafficHistory {
  messages(): Overview["messages"];
  /** In the last hour, or since the panel was opened. */
  writesPerHour(): number;
  stop(): void;
}

interface Mark {
  readonly atMs: number;
  readonly count: TrafficCount;
}

const LOOK_MS = 5_000;
const MINUTE_MS = 60_000;
/** Looks that make a minute, and one to count from. */
const LOOKS = MINUTE_MS / LOOK_MS + 1;
const MINUTES = 60;

/** Starts to look at the counters every five seconds; one look costs next to nothing. */
export function createTrafficHistory(look: () => TrafficCount, now: () => number): TrafficHistory {
  const looks: Mark[] = [{ atMs: now(), count: look() }];
  const minutes: Mark[] = [...looks];
  const timer = setInterval(() => {
    const mark = { atMs: now(), count: look() };
    looks.push(mark);
    if (looks.length > LOOKS) looks.shift();
    if (mark.atMs - (minutes.at(-1)?.atMs ?? 0) < MINUTE_MS) return;
    minutes.push(mark);
    if (minutes.length > MINUTES + 1) minutes.shift();
  }, LOOK_MS);
  timer.unref();

  return {
    messages() {
      const { in: received, out: sent } = look();
      const { atMs, count } = looks[0] ?? { atMs: now(), count: look() };
      // a panel that was opened just now has no whole minute behind it
      const share = MINUTE_MS / Math.max(MINUTE_MS, now() - atMs);
      return {
        in: {
          perMin: Math.round((received.messages - count.in.messages) * share),
          total: received.messages,
          bytes: received.bytes,
        },
        out: {
          perMin: Math.round((sent.messages - count.out.messages) * share),
          total: sent.messages,
          bytes: sent.bytes,
        },
        history: minutes.slice(1).map((mark, index) => {
          const before = minutes[index]?.count ?? mark.count;
          return {
            at: new Date(mark.atMs).toISOString(),
            in: mark.count.in.messages - before.in.messages,
            out: mark.count.out.messages - before.out.messages,
          };
        }),
      };
    },
    writesPerHour: () => look().writes - (minutes[0]?.count.writes ?? 0),
    stop: () => clearInterval(timer),
  };
}
