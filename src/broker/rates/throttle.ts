import { counted } from "../../core/words.ts";
import type { Reason } from "../../core/types.ts";
import { longestWait, type Limited, type Pace, type Wait } from "./pace.ts";

export interface ThrottleDeps {
  readonly now: () => number;
  /** Reads no more; what is read already waits. */
  readonly hold: () => void;
  /**
   * Called about each second while nothing is read, since it is not the client's own doing that it is silent; and when
   * it may be read again, which `isHolding` tells.
   */
  readonly tick: () => void;
  /** Reports why a client is held back, at most once in a minute. */
  readonly slowed: (reason: Reason) => void;
}

/** Holds back one connection that sends too fast: it is not read for a while, so that nothing is lost. */
export interface Throttle {
  /** Counts a PUBLISH that was taken; false: no further packet may be taken now. */
  message(): boolean;
  /** Counts what was read. */
  bytes(count: number): void;
  isHolding(): boolean;
  /** Other limits are in force; null: none is. */
  renew(pace: Pace | null): void;
  stop(): void;
}

/** Limits may change while a client is held back, and its keep alive must not run out. */
const LONGEST_WAIT_MS = 1_000;
const REPORT_AGAIN_MS = 60_000;

/** Makes the throttle of one connection. */
export function createThrottle(first: Pace, deps: ThrottleDeps): Throttle {
  const { now, hold, tick, slowed } = deps;
  let pace: Pace | null = first;
  let timer: NodeJS.Timeout | null = null;
  let reportedMs = -Infinity;

  const waitFor = ({ ms }: Wait): void => {
    timer = setTimeout(look, Math.min(ms, LONGEST_WAIT_MS));
  };

  const begin = (wait: Wait | null): void => {
    if (wait === null || timer !== null) return;
    hold();
    waitFor(wait);
    if (now() - reportedMs < REPORT_AGAIN_MS) return;
    reportedMs = now();
    slowed(reasonFor(wait.limit));
  };

  /** Something else of the same user may have used up what this one waited for. */
  const look = (): void => {
    const wait = pace === null ? null : (longestWait(pace.messages, 0, now()) ?? longestWait(pace.bytes, 0, now()));
    if (wait !== null) {
      waitFor(wait);
      tick();
      return;
    }
    timer = null;
    tick();
  };

  return {
    message() {
      if (pace !== null) begin(longestWait(pace.messages, 1, now()));
      return timer === null;
    },
    bytes(count) {
      if (pace !== null) begin(longestWait(pace.bytes, count, now()));
    },
    isHolding: () => timer !== null,
    renew(next) {
      pace = next;
    },
    stop() {
      pace = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

function reasonFor({ name, bucket: { perSecond } }: Limited): Reason {
  const what = counted(perSecond, name.includes("byte") ? "byte" : "message");
  return {
    kind: "rate_limited",
    sentence: `sends faster than ${what} a second (${name}), and is not read until it is within that`,
  };
}
