import { getHeapStatistics } from "node:v8";
import { expect, onTestFinished, test, vi } from "vitest";
import type { UnsentFigures } from "../../../src/core/figures.ts";
import { createSysmon, type SysmonLimits } from "../../../src/monitor/sysmon/sysmon.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../../src/settings/limits.ts";

const PATIENCE = { timeout: 12_000, interval: 20 };

function setUp(limits: Partial<SysmonLimits>, heard: (topic: string) => boolean = () => true) {
  const said: string[] = [];
  const asked: string[] = [];
  let unsent: readonly UnsentFigures[] = [];
  const sysmon = createSysmon({
    node: "pi/4",
    limits: () => ({ ...limitsFrom(NO_LIMITS_SAID), ...limits }),
    isHeard(topic) {
      asked.push(topic);
      return heard(topic);
    },
    publish: ({ topic, payload }) => said.push(`${topic} ${payload}`),
    unsent: (above) => unsent.filter(({ bytes }) => bytes > above),
    waiting: () => 0,
    bridges: () => [],
  });
  onTestFinished(sysmon.stop);
  sysmon.update(true);
  return { sysmon, said, asked, hold: (clients: readonly UnsentFigures[]) => void (unsent = clients) };
}

function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

test("a wait for the event loop, a garbage collection and a large heap are told once a second", async () => {
  const { said } = setUp({ sysmonLongScheduleMs: 100, sysmonLongGcMs: 0, sysmonLargeHeapPercent: 0 });
  // the first look begins to measure
  await vi.waitFor(() => expect(said.filter((line) => line.includes("/large_heap"))).toHaveLength(2), PATIENCE);
  block(300);
  const kept: number[][] = [];
  await vi.waitFor(() => {
    for (let count = 0; count < 20; count++) kept.push(Array.from({ length: 2_000 }, () => count));
    expect(said.join("\n")).toMatch(/long_schedule[^]*long_gc|long_gc[^]*long_schedule/);
    expect(said.join("\n")).toMatch(/"delay_ms":[2-9]\d\d/);
  }, PATIENCE);
  expect(kept.length).toBeGreaterThan(0);
  const [schedule = ""] = said.filter((line) => line.includes("long_schedule"));
  expect(schedule).toMatch(
    /^\$SYS\/brokers\/pi-4\/sysmon\/long_schedule long_schedule warning: client = -, info: {"delay_ms":\d+}$/,
  );
  const delays = said.map((line) => Number(/"delay_ms":(?<ms>\d+)/.exec(line)?.groups?.["ms"] ?? 0));
  expect(Math.max(...delays)).toBeGreaterThan(200);
  expect(said.find((line) => line.includes("long_gc"))).toMatch(
    /^\$SYS\/brokers\/pi-4\/sysmon\/long_gc long_gc warning: client = -, info: {"duration_ms":\d+,"kind":"[a-z ]+"}$/,
  );
  const limit = getHeapStatistics().heap_size_limit;
  expect(said.find((line) => line.includes("large_heap"))).toMatch(
    new RegExp(`sysmon/large_heap large_heap warning: client = -, info: {"used":\\d+,"limit":${limit}}$`),
  );
});

test("a client that does not read for five seconds is told once", async () => {
  const { said, hold } = setUp({ sysmonBusyPortBytes: 10, sysmonLongScheduleMs: Infinity });
  hold([
    { clientId: "camera", bytes: 11, isBridge: false },
    { clientId: "cabin", bytes: 12, isBridge: true },
    { clientId: "fine", bytes: 10, isBridge: false },
  ]);
  const busy = (): readonly string[] => said.filter((line) => /busy/.test(line));
  await vi.waitFor(() => expect(busy()).toHaveLength(2), PATIENCE);
  const expected = [
    '$SYS/brokers/pi-4/sysmon/busy_port busy_port warning: client = camera, info: {"unsent":11,"seconds":5}',
    '$SYS/brokers/pi-4/sysmon/busy_dist_port busy_dist_port warning: client = cabin, info: {"unsent":12,"seconds":5}',
  ];
  expect(busy()).toEqual(expected);
});

test("where nobody subscribed nothing is measured and nothing is told", async () => {
  const { said, asked } = setUp({ sysmonLargeHeapPercent: 0 }, () => false);
  await vi.waitFor(() => expect(asked).toHaveLength(10), PATIENCE);
  expect(new Set(asked)).toEqual(
    new Set(
      ["long_gc", "long_schedule", "large_heap", "busy_port", "busy_dist_port"].map(
        (kind) => `$SYS/brokers/pi-4/sysmon/${kind}`,
      ),
    ),
  );
  // the alarm is no measurement
  expect(said.filter((line) => !line.includes("alarms/"))).toEqual([]);
});
