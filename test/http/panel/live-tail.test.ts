import { expect, test, vi } from "vitest";
import type { TailLine } from "../../../src/core/api/live.ts";
import { createTail, type TailTap } from "../../../src/http/panel/live-tail.ts";

const LINE: TailLine = {
  at: "2026-11-21T12:00:00.000Z",
  topic: "a",
  qos: 0,
  retain: false,
  bytes: 1,
  client: "a",
  preview: { kind: "text", text: "1", truncated: false },
};

test("no second has more lines than were asked for, whatever moment it is counted from", () => {
  vi.useFakeTimers();
  try {
    const frames: { readonly lines: number; readonly skipped: number }[] = [];
    const taps: TailTap[] = [];
    const tail = createTail(
      (tap) => {
        taps.push(tap);
        return () => {};
      },
      (frame) => {
        const { data, skipped }: { readonly data: readonly unknown[]; readonly skipped: number } = JSON.parse(frame);
        frames.push({ lines: data.length, skipped });
      },
    );
    tail.set({ filter: "#", max: 5 });
    const [tap] = taps;
    // nothing at first, so that the burst comes late in its second
    vi.advanceTimersByTime(700);
    for (let step = 0; step < 30; step++) {
      for (let message = 0; message < 20; message++) if (tap?.wants() === true) tap.take(LINE);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(250);
    tail.set(null);
    expect(frames.reduce((sum, { lines, skipped }) => sum + lines + skipped, 0)).toBe(600);
    for (let first = 0; first + 4 <= frames.length; first++) {
      const second = frames.slice(first, first + 4);
      expect(second.reduce((sum, { lines }) => sum + lines, 0)).toBe(5);
    }
  } finally {
    vi.useRealTimers();
  }
});
