import type { TailLine } from "../../core/api/live.ts";

/** Somebody who looks at messages as they come. */
export interface TailTap {
  readonly filter: string;
  /** Whether there is room for a line in this second; without room it is counted as skipped. Ask before you make it. */
  wants(): boolean;
  take(line: TailLine): void;
}

/** Hands messages to a tap until the function that it gives is called. */
export type TailSource = (tap: TailTap) => () => void;

/** The messages that one page looks at. */
export interface Tail {
  /** Looks at those that match the filter; null: at none. */
  set(wanted: { readonly filter: string; readonly max: number } | null): void;
}

/** Four frames a second, as on every channel. */
const FRAMES_PER_S = 4;
const FRAME_MS = 1000 / FRAMES_PER_S;
/** Lines a second; nobody reads faster. */
const MAX_LINES = 50;

/** Makes the tail of a page; `send` is given a frame when there is something to tell. */
export function createTail(source: TailSource, send: (frame: string) => void): Tail {
  let stop: (() => void) | null = null;

  const start = (filter: string, max: number): (() => void) => {
    let lines: TailLine[] = [];
    let skipped = 0;
    let room = max;
    /** Lines of each frame of the last second, over and over. */
    const taken = Array.from({ length: FRAMES_PER_S }, () => 0);
    let frame = 0;
    const end = source({
      filter,
      wants() {
        if (room > 0) return true;
        skipped++;
        return false;
      },
      take(line) {
        room--;
        lines.push(line);
      },
    });
    const timer = setInterval(() => {
      taken[frame] = lines.length;
      frame = (frame + 1) % FRAMES_PER_S;
      // whatever moment a second is counted from, it has no more
      room += taken[frame] ?? 0;
      if (lines.length + skipped === 0) return;
      send(JSON.stringify({ t: "tail", data: lines, skipped }));
      lines = [];
      skipped = 0;
    }, FRAME_MS);
    return () => {
      clearInterval(timer);
      end();
    };
  };

  return {
    set(wanted) {
      stop?.();
      stop = wanted === null ? null : start(wanted.filter, Math.min(Math.max(1, Math.floor(wanted.max)), MAX_LINES));
    },
  };
}
