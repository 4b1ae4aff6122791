import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BrokerEvent } from "../../../src/core/events.ts";
import { createPresence } from "../../../src/monitor/sensors/presence.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

function start(devices: readonly string[], intervalMs = 60_000) {
  const here = new Map<string, string | null>();
  const told: string[] = [];
  const presence = createPresence({
    connected: () => [...here].map(([clientId, username]) => ({ clientId, username })),
    tell: (device, isThere) => told.push(`${device} ${isThere ? "here" : "away"}`),
    now: Date.now,
  });
  const clientOf = (clientId: string) => ({
    clientId,
    username: here.get(clientId) ?? null,
    address: "192.0.2.1",
    listener: "1883",
  });
  const connected = (clientId: string): BrokerEvent => ({
    kind: "connected",
    client: clientOf(clientId),
    version: 4,
    clean: true,
    keepaliveS: 60,
    source: "logins",
  });
  presence.update(devices, intervalMs);
  return {
    presence,
    come(clientId: string, username: string | null = null) {
      here.set(clientId, username);
      presence.record(connected(clientId));
    },
    go(clientId: string) {
      const client = clientOf(clientId);
      here.delete(clientId);
      presence.record({ kind: "disconnected", client, reason: null });
    },
    /** Lets time pass and gives what was told meanwhile. */
    after(seconds: number) {
      vi.advanceTimersByTime(seconds * 1000);
      return told.splice(0);
    },
  };
}

test("a device that is there is told at once, one that is not after a while", () => {
  const { come, after } = start(["plug", "lamp"]);
  come("plug");
  expect(after(1)).toEqual(["plug here"]);
  expect(after(28)).toEqual([]);
  expect(after(1)).toEqual(["lamp away"]);
});

test("a short break is no event", () => {
  const { come, go, after } = start(["plug"]);
  come("plug");
  after(100);
  go("plug");
  expect(after(20)).toEqual([]);
  come("plug");
  expect(after(300)).toEqual([]);
});

test("a device that comes and goes is told at most once in an interval, and in the end as it is", () => {
  const { come, go, after } = start(["plug"], 600_000);
  come("plug");
  expect(after(1)).toEqual(["plug here"]);
  for (let round = 0; round < 5; round++) {
    go("plug");
    expect(after(40)).toEqual([]);
    come("plug");
    expect(after(40)).toEqual([]);
  }
  go("plug");
  expect(after(198)).toEqual([]);
  expect(after(2)).toEqual(["plug away"]);
});

test("a user is there as long as one of its clients is", () => {
  const { come, go, after } = start(["anna"]);
  come("phone", "anna");
  come("tablet", "anna");
  expect(after(100)).toEqual(["anna here"]);
  go("phone");
  expect(after(100)).toEqual([]);
  go("tablet");
  expect(after(31)).toEqual(["anna away"]);
});

test("nobody looks while nothing happens to those devices, nor after the end", () => {
  const { presence, come, after } = start(["plug"]);
  come("plug");
  after(100);
  expect(vi.getTimerCount()).toBe(0);
  come("another");
  expect(vi.getTimerCount()).toBe(0);
  presence.update(["plug", "another"], 1000);
  expect(after(1)).toEqual(["another here"]);
  presence.stop();
  come("plug");
  expect(vi.getTimerCount()).toBe(0);
});
