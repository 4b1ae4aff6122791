import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Figures } from "../../../src/core/figures.ts";
import { createSys } from "../../../src/monitor/sys/sys.ts";
import { reading } from "./reading.ts";

beforeEach(
  () => void vi.useFakeTimers({ now: 1_000_500, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] }),
);
afterEach(() => void vi.useRealTimers());

function start() {
  const published: string[] = [];
  let figures: Figures = reading().figures;
  const sys = createSys({
    version: "1.2.3",
    figures: () => figures,
    publish(topic, payload) {
      // memory is not ours to foretell
      if (!topic.includes("/heap/")) published.push(`${topic.replace("$SYS/broker/", "")} ${payload}`);
    },
  });
  return {
    sys,
    take: () => published.splice(0),
    count: (next: Partial<Figures>) => void (figures = { ...figures, ...next }),
  };
}

test("everything is said at once, and then what changed, when the clock shows a multiple of the interval", () => {
  const { sys, take, count } = start();
  sys.update(10);
  expect(take()).toContain("clients/connected 0");
  count({ retained: 3 });
  vi.advanceTimersByTime(9_499);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(take()).toEqual(["uptime 9 seconds", "retained messages/count 3"]);
  vi.advanceTimersByTime(10_000);
  expect(take()).toEqual(["uptime 19 seconds"]);
});

test("another interval counts from the moment it is set", () => {
  const { sys, take } = start();
  sys.update(10);
  take();
  sys.update(2);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(1_500);
  expect(take()).toEqual(["uptime 1 seconds"]);
  // read again without a change: the clock goes on
  sys.update(2);
  vi.advanceTimersByTime(2_000);
  expect(take()).toEqual(["uptime 3 seconds"]);
});

test("0 says nothing, and takes back what was said", () => {
  const { sys, take } = start();
  sys.update(0);
  expect(take()).toEqual([]);
  sys.update(1);
  const said = take();
  sys.update(0);
  expect(take()).toEqual(said.map((line) => line.replace(/ [^ ]+( seconds| version 1.2.3)?$/, " ")));
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual([]);
  sys.update(1);
  expect(take()).toContain("clients/connected 0");
});

test("a stopped one says no more", () => {
  const { sys, take } = start();
  sys.update(1);
  take();
  sys.stop();
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual([]);
});
