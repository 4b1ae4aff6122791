import { expect, test } from "vitest";
import { createAlarms, type Alarm } from "../../../src/monitor/sysmon/alarms.ts";

const ALARM: Alarm = {
  id: "queue_high_watermark.a/b",
  severity: "warning",
  title: "Queue a/b high-water mark",
  summary: "messages are dropped",
  details: { clientid: "a/b" },
};

test("an alarm is told once when it begins and once when it ends, in both versions of EMQ", () => {
  const said: [string, unknown][] = [];
  let nowMs = 1_432_749_431_250;
  const alarms = createAlarms(
    "pi",
    (topic, payload) => said.push([topic.replace("$SYS/brokers/pi/alarms/", ""), JSON.parse(payload)]),
    () => nowMs,
  );
  alarms.raise(ALARM);
  alarms.raise(ALARM);
  expect([alarms.has(ALARM.id), alarms.active("queue_high_watermark.")]).toEqual([true, ["a/b"]]);
  const activity = {
    name: ALARM.id,
    details: { clientid: "a/b" },
    message: "messages are dropped",
    activate_at: 1_432_749_431_250_000,
  };
  expect(said.splice(0)).toEqual([
    [
      "queue_high_watermark.a%2Fb/alert",
      {
        id: ALARM.id,
        severity: "warning",
        title: "Queue a/b high-water mark",
        summary: "messages are dropped",
        ts: 1_432_749_431,
      },
    ],
    ["activate", { ...activity, deactivate_at: "infinity", activated: true }],
  ]);
  nowMs += 2_000;
  alarms.clear(ALARM.id);
  alarms.clear(ALARM.id);
  expect(said).toEqual([
    ["queue_high_watermark.a%2Fb/clear", { id: ALARM.id, ts: 1_432_749_433 }],
    ["deactivate", { ...activity, deactivate_at: 1_432_749_433_250_000, activated: false }],
  ]);
  expect(alarms.has(ALARM.id)).toBe(false);
});

test("a name that is too long for a topic of MQTT makes no alarm, and no packet that nobody can read", () => {
  const said: string[] = [];
  const alarms = createAlarms("pi", (topic) => said.push(topic));
  alarms.raise({ ...ALARM, id: `queue_high_watermark.${"/".repeat(65_000)}` });
  expect(said).toEqual([]);
  expect(alarms.active("")).toEqual([]);
  alarms.raise({ ...ALARM, id: "/".repeat(1000) });
  expect(said[0]?.length).toBeLessThan(65_535);
});
