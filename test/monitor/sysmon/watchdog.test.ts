import { expect, test } from "vitest";
import { createAlarms } from "../../../src/monitor/sysmon/alarms.ts";
import { createWatchdog, type BridgeFigures } from "../../../src/monitor/sysmon/watchdog.ts";
import type { BrokerEvent } from "../../../src/core/events.ts";

const CLIENT = { clientId: "camera", username: null, address: "192.0.2.7", listener: "1883" };

function setUp() {
  const said: string[] = [];
  const bridges: readonly BridgeFigures[] = [];
  const state = {
    nowMs: 1_000,
    heap: { used: 10, limit: 100 },
    waiting: 0,
    atWork: 0.5,
    bridges,
  };
  const alarms = createAlarms("pi", (topic) => {
    const [, id, what] = /alarms\/(.*)\/(alert|clear)$/.exec(topic) ?? [];
    if (id !== undefined) said.push(`${what} ${id}`);
  });
  const watchdog = createWatchdog({
    alarms,
    limits: () => ({ sysmonLargeHeapPercent: 80, maxQueuedMessages: 100, flappingBanS: 300 }),
    heap: () => state.heap,
    atWork: () => state.atWork,
    waiting: () => state.waiting,
    bridges: () => state.bridges,
    now: () => state.nowMs,
  });
  const take = (): string[] => {
    watchdog.look();
    return said.splice(0);
  };
  const record = async (event: BrokerEvent): Promise<void> => {
    watchdog.record(event);
    await Promise.resolve();
  };
  return { state, take, record };
}

test("a heap that grows too large is an alarm until it is well below again", () => {
  const { state, take } = setUp();
  const steps = [81, 90, 79, 73, 72, 71].map((used) => {
    state.heap = { used, limit: 100 };
    return take();
  });
  expect(steps).toEqual([["alert high_heap_usage"], [], [], [], ["clear high_heap_usage"], []]);
});

test("an event loop that is busy for ten seconds is an alarm until it has time again", () => {
  const { state, take } = setUp();
  const steps = [0.95, 0.5, 0.95, 0.95, 0.85, 0.8].map((share) => {
    state.atWork = share;
    return take();
  });
  expect(steps).toEqual([[], [], [], ["alert high_event_loop_usage"], [], ["clear high_event_loop_usage"]]);
});

test("a bridge is down until it is connected, or gone", () => {
  const { state, take } = setUp();
  const bridge = (name: string, status: BridgeFigures["status"], isFaulty: boolean): BridgeFigures => ({
    name,
    status,
    lastError: isFaulty ? { sentence: "could not be reached" } : null,
  });
  state.bridges = [bridge("a", "connecting", false), bridge("lazy", "waiting", false)];
  expect(take()).toEqual([]);
  state.bridges = [bridge("a", "waiting", true), bridge("b", "stopped", true)];
  expect(take()).toEqual(["alert bridge_down.a", "alert bridge_down.b"]);
  state.bridges = [bridge("a", "connected", true)];
  expect(take()).toEqual(["clear bridge_down.a", "clear bridge_down.b"]);
});

test("a full queue is an alarm until it is nearly empty", async () => {
  const { state, take, record } = setUp();
  state.waiting = 100;
  const reason = { kind: "queue_dropped", sentence: "messages are dropped" } as const;
  for (let count = 0; count < 3; count++) await record({ kind: "dropped", client: CLIENT, reason, count: 1 });
  await record({
    kind: "dropped",
    client: { ...CLIENT, clientId: "x" },
    reason: { ...reason, kind: "oversize" },
    count: 1,
  });
  expect(take()).toEqual(["alert queue_high_watermark.camera"]);
  state.waiting = 21;
  expect(take()).toEqual([]);
  state.waiting = 20;
  expect(take()).toEqual(["clear queue_high_watermark.camera"]);
});

test("a device that comes and goes is an alarm as long as it is kept out", async () => {
  const { state, take, record } = setUp();
  const reason = { kind: "flapping", sentence: "connected more than 2 times" } as const;
  await record({ kind: "refused", client: CLIENT, reason });
  state.nowMs += 299_999;
  await record({ kind: "refused", client: CLIENT, reason });
  expect(take()).toEqual(["alert flapping.camera"]);
  state.nowMs += 1;
  expect(take()).toEqual(["clear flapping.camera"]);
});
