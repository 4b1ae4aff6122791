import { expect, onTestFinished, test, vi } from "vitest";
import { createTrafficHistory } from "../../../src/http/panel/traffic-history.ts";

test("tells the last minute, and each minute of the last hour", () => {
  vi.useFakeTimers({ now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  let seconds = 0;
  // two messages a second come in, one goes out, and every tenth second something is written
  const look = () => ({
    in: { messages: 100 + 2 * seconds, bytes: 200 * seconds },
    out: { messages: seconds, bytes: seconds },
    writes: Math.floor(seconds / 10),
  });
  const history = createTrafficHistory(look, Date.now);
  onTestFinished(history.stop);
  const pass = (count: number) => {
    for (let second = 0; second < count; second++) {
      seconds++;
      vi.advanceTimersByTime(1000);
    }
  };
  expect(history.messages()).toEqual({
    in: { perMin: 0, total: 100, bytes: 0 },
    out: { perMin: 0, total: 0, bytes: 0 },
    history: [],
  });
  pass(30);
  expect(history.messages().in).toEqual({ perMin: 60, total: 160, bytes: 6000 });
  pass(150);
  expect(history.messages()).toEqual({
    in: { perMin: 120, total: 460, bytes: 36_000 },
    out: { perMin: 60, total: 180, bytes: 180 },
    history: ["01", "02", "03"].map((minute) => ({ at: `1970-01-01T00:${minute}:00.000Z`, in: 120, out: 60 })),
  });
  expect(history.writesPerHour()).toBe(18);
  pass(3 * 3600);
  expect(history.messages().history).toHaveLength(60);
  expect(history.writesPerHour()).toBe(360);
});
