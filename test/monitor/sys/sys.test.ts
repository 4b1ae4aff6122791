import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Figures } from "../../../src/core/figures.ts";
import { createSys, type SysMessage } from "../../../src/monitor/sys/sys.ts";
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
    node: "house",
    isHeard: () => true,
    publish({ topic, payload }) {
      // memory is not ours to foretell
      if (!topic.includes("/heap/") && topic.startsWith("$SYS/broker/"))
        published.push(`${topic.replace("$SYS/broker/", "")} ${payload}`);
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

test("mosquitto's topics are published at QoS 2 and EMQ's at 0; all of them are taken back", () => {
  const messages: SysMessage[] = [];
  const sys = createSys({
    version: "1.2.3",
    node: "my/house",
    isHeard: () => true,
    figures: () => reading().figures,
    publish: (message) => void messages.push(message),
  });
  sys.update(10);
  const topics = messages.map(({ topic }) => topic);
  expect(messages).toContainEqual({
    topic: "$SYS/broker/version",
    payload: "culex version 1.2.3",
    qos: 2,
    retain: true,
  });
  expect(messages).toContainEqual({ topic: "$SYS/brokers/my-house/version", payload: "1.2.3", qos: 0, retain: true });
  messages.length = 0;
  sys.update(0);
  expect(messages).toEqual(topics.map((topic) => ({ topic, payload: "", qos: 0, retain: true })));
});

test("who comes and goes is said while $SYS is on, after what is going on", async () => {
  const topics: string[] = [];
  const sys = createSys({
    version: "1.2.3",
    node: "house",
    isHeard: () => true,
    figures: () => reading().figures,
    publish: ({ topic }) => void topics.push(topic),
  });
  const client = { clientId: "c1", username: null, address: "192.0.2.1", listener: "1883" };
  const gone = { kind: "disconnected", client, reason: null } as const;
  sys.record(gone);
  await Promise.resolve();
  expect(topics).toEqual([]);
  sys.update(10);
  topics.length = 0;
  sys.record(gone);
  expect(topics).toEqual([]);
  await Promise.resolve();
  expect(topics).toEqual(["$SYS/brokers/house/clients/c1/disconnected"]);
  sys.update(0);
  topics.length = 0;
  sys.record(gone);
  await Promise.resolve();
  expect(topics).toEqual([]);
});
