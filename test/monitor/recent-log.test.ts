import { expect, test } from "vitest";
import type { LogType } from "../../src/core/logger.ts";
import { createRecentLog } from "../../src/monitor/recent-log.ts";

test("the newest lines come first, and what repeats is counted at its last time", () => {
  const { sink, lines } = createRecentLog();
  const say = (type: LogType, message: string, atMs: number) => sink({ type, message, atMs, fields: {} });
  say("notice", "a", 0);
  say("warning", "b", 1000);
  say("information", "c", 2000);
  say("notice", "a", 3000);
  expect(lines()).toEqual([
    { at: "1970-01-01T00:00:03.000Z", level: "notice", text: "a", count: 2 },
    { at: "1970-01-01T00:00:02.000Z", level: "info", text: "c", count: 1 },
    { at: "1970-01-01T00:00:01.000Z", level: "warning", text: "b", count: 1 },
  ]);
});

test("five hundred lines are kept, and a line that was long ago is a new one", () => {
  const { sink, lines } = createRecentLog();
  for (let count = 0; count < 600; count++) sink({ type: "notice", message: `${count % 20}`, atMs: count, fields: {} });
  expect(lines()).toHaveLength(500);
  expect(lines()[0]).toMatchObject({ text: "19", count: 1 });
});
