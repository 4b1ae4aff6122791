import type { TailLine } from "../../core/api/live.ts";
import type { MessageObserver } from "../../core/observing.ts";
import { matches } from "../../core/topic.ts";
import { previewOf } from "./preview.ts";
import { timeOf } from "./topic-info.ts";

/** Somebody who looks at messages as they come. */
export interface Tap {
  readonly filter: string;
  /** Whether there is room for a line; to be asked before one is made. */
  wants(): boolean;
  take(line: TailLine): void;
}

/** Those who look at messages as they come. */
export interface Tails {
  readonly isWatched: boolean;
  /** Shows messages to a tap until the function that it gives is called. */
  readonly watch: (tap: Tap) => () => void;
  readonly seen: MessageObserver["seen"];
}

/** Characters of a payload in a line. */
const LINE = 300;
/** Bytes that such a line can need, or more. */
const LINE_BYTES = LINE * 4;

/** Nobody looks yet; `changed` is called when the first comes and when the last has gone. */
export function createTails(now: () => number, changed: () => void): Tails {
  const taps = new Set<Tap>();
  return {
    get isWatched() {
      return taps.size > 0;
    },
    watch(tap) {
      taps.add(tap);
      changed();
      return () => {
        taps.delete(tap);
        changed();
      };
    },
    seen(topic, { clientId }, source, start, end, qos, retain) {
      let line: TailLine | null = null;
      for (const tap of taps) {
        if (!matches(tap.filter, topic) || !tap.wants()) continue;
        const bytes = end - start;
        const head = source.subarray(start, Math.min(end, start + LINE_BYTES));
        const preview = previewOf(head, bytes, LINE);
        line ??= { at: timeOf(now()), topic, qos, retain, bytes, client: clientId, preview };
        tap.take(line);
      }
    },
  };
}
