import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RetainedFacts } from "../../../src/core/retained.ts";
import { matches } from "../../../src/core/topic.ts";
import type { SensorReading } from "../../../src/monitor/sensors/sensor-list.ts";
import { createSensors } from "../../../src/monitor/sensors/sensors.ts";
import type { SensorSettings } from "../../../src/settings/types.ts";
import { reading } from "./reading.ts";

beforeEach(
  () =>
    void vi.useFakeTimers({
      now: 0,
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
    }),
);
afterEach(() => void vi.useRealTimers());

const SETTINGS: SensorSettings = { name: "Culex", prefix: "homeassistant", intervalS: 60, devices: [] };

/** Retained messages as the broker keeps them: who published each, and what it says. */
type Store = Map<string, { readonly publisher: string | null; readonly payload: string }>;

function start(store: Store = new Map()) {
  const published: string[] = [];
  let told: Partial<SensorReading> = {};
  const factsOf = (topic: string): RetainedFacts | null => {
    const kept = store.get(topic);
    if (kept === undefined) return null;
    return { topic, qos: 1, bytes: kept.payload.length, publisher: kept.publisher, expiresAtMs: null, revision: 1 };
  };
  const sensors = createSensors({
    read: () => reading({ atMs: Date.now(), ...told }),
    connected: () => [],
    retained: {
      facts: factsOf,
      content(topic) {
        const kept = store.get(topic);
        return kept === undefined ? null : { payload: Buffer.from(kept.payload), properties: Buffer.alloc(0) };
      },
      walk: (filter) => [...store.keys()].filter((topic) => matches(filter, topic)).map(factsOf),
    },
    publish(topic, payload) {
      published.push(`${topic} ${payload}`);
      if (payload === "") store.delete(topic);
      else store.set(topic, { publisher: null, payload });
    },
    startedAtMs: 0,
    now: Date.now,
  });
  return {
    sensors,
    store,
    tell: (next: Partial<SensorReading>) => void (told = { ...told, ...next }),
    take: () => published.splice(0),
  };
}

test("each sensor is announced as Home Assistant takes it, and then its value", () => {
  const { sensors, store, tell, take } = start();
  tell({ clients: 3, memoryBytes: 101_700_000, startedAtMs: 1_000 });
  sensors.update(SETTINGS);
  expect(JSON.parse(store.get("homeassistant/sensor/culex/memory/config")?.payload ?? "")).toEqual({
    name: "Memory",
    unique_id: "culex_memory",
    state_topic: "culex/sensor/memory",
    availability_topic: "culex/status",
    unit_of_measurement: "MB",
    device_class: "data_size",
    state_class: "measurement",
    entity_category: "diagnostic",
    device: {
      identifiers: ["culex"],
      name: "Culex",
      manufacturer: "Culex",
      model: "MQTT broker",
      sw_version: "1.2.3",
    },
    origin: { name: "Culex", sw_version: "1.2.3" },
  });
  const values = take().filter((line) => line.startsWith("culex/"));
  expect(values).toEqual([
    "culex/sensor/clients 3",
    "culex/sensor/messages_in 0",
    "culex/sensor/messages_out 0",
    "culex/sensor/retained 0",
    "culex/sensor/dropped 0",
    "culex/sensor/denied 0",
    "culex/sensor/refused 0",
    "culex/sensor/memory 102",
    "culex/sensor/started 1970-01-01T00:00:01.000Z",
    "culex/sensor/version 1.2.3",
    "culex/status online",
  ]);
});

test("a value is told when it has changed, once in an interval", () => {
  const { sensors, tell, take } = start();
  sensors.update(SETTINGS);
  take();
  tell({ clients: 1 });
  tell({ clients: 2, messagesIn: 90 });
  vi.advanceTimersByTime(59_999);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(take()).toEqual(["culex/sensor/clients 2", "culex/sensor/messages_in 90"]);
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual(["culex/sensor/messages_in 0"]);
  // read again without a change: the clock goes on
  sensors.update({ ...SETTINGS });
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual([]);
});

test("what there is only sometimes comes and goes", () => {
  const { sensors, tell, take } = start();
  sensors.update(SETTINGS);
  take();
  tell({ problems: 2, certificateDays: 6, bridges: [{ name: "to cabin", isConnected: true }] });
  vi.advanceTimersByTime(60_000);
  const bridge = "bridge_to_cabin_";
  expect(take().map((line) => line.replace(/ \{.*/, "").replace(/(bridge_to_cabin_)[0-9a-f]{8}/, "$1"))).toEqual([
    "homeassistant/sensor/culex/problems/config",
    "culex/sensor/problems 2",
    "homeassistant/sensor/culex/certificate_days/config",
    "culex/sensor/certificate_days 6",
    `homeassistant/binary_sensor/culex/${bridge}/config`,
    `culex/binary_sensor/${bridge} ON`,
  ]);
  tell({ problems: null, bridges: [] });
  vi.advanceTimersByTime(60_000);
  expect(take().map((line) => line.replace(/(bridge_to_cabin_)[0-9a-f]{8}/, "$1"))).toEqual([
    "homeassistant/sensor/culex/problems/config ",
    "culex/sensor/problems ",
    `homeassistant/binary_sensor/culex/${bridge}/config `,
    `culex/binary_sensor/${bridge} `,
  ]);
});

test("devices that are chosen have a sensor each, whatever they are called", () => {
  const { sensors, store } = start();
  sensors.update({ ...SETTINGS, devices: ["plug", 'a/#"+ b', "a/#'+ b"] });
  const announced = [...store.keys()].filter((topic) => topic.startsWith("homeassistant/binary_sensor/"));
  expect(announced).toEqual([
    "homeassistant/binary_sensor/culex/device_plug/config",
    expect.stringMatching(/^homeassistant\/binary_sensor\/culex\/device_a_b_[0-9a-f]{8}\/config$/),
    expect.stringMatching(/^homeassistant\/binary_sensor\/culex\/device_a_b_[0-9a-f]{8}\/config$/),
  ]);
  expect(new Set(announced).size).toBe(3);
  expect(JSON.parse(store.get(announced[1] ?? "")?.payload ?? "")).toMatchObject({
    name: 'a/#"+ b',
    device_class: "connectivity",
  });
  vi.advanceTimersByTime(31_000);
  expect(store.get("culex/binary_sensor/device_plug")?.payload).toBe("OFF");
});

test("switched off, everything is taken back, and the clock stops", () => {
  const { sensors, store, take } = start();
  sensors.update({ ...SETTINGS, devices: ["plug"] });
  vi.advanceTimersByTime(60_000);
  sensors.update(null);
  expect([...store.keys()]).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  take();
  sensors.stop();
  expect(take()).toEqual([]);
});

test("switched off before the start, what was told before it is taken back, and nothing else", () => {
  const { sensors, store } = start();
  sensors.update({ ...SETTINGS, name: "My house", prefix: "a/b/c", devices: ["plug"] });
  vi.advanceTimersByTime(60_000);
  const [anAnnouncement = ""] = [...store.values()].map(({ payload }) => payload);
  const foreign: Store = new Map([
    ["homeassistant/sensor/plug/power/config", { publisher: "plug", payload: '{"origin":{"name":"Tasmota"}}' }],
    // somebody wants the broker to delete what is not his
    ["homeassistant/sensor/culex/clients/config", { publisher: "thief", payload: anAnnouncement }],
    ["my_house/other", { publisher: null, payload: "x" }],
    ["homeassistant/sensor/x/y/config", { publisher: null, payload: '{"origin":{"name":"Tasmota"}}' }],
    ["homeassistant/sensor/x/z/config", { publisher: null, payload: "{" }],
  ]);
  const restarted = start(new Map([...store, ...foreign]));
  restarted.sensors.update(null);
  expect([...restarted.store.keys()]).toEqual([...foreign.keys()]);
});

test("under another prefix and name nothing of the old ones is left, also after a restart", () => {
  const { sensors, store } = start();
  sensors.update(SETTINGS);
  sensors.update({ ...SETTINGS, prefix: "ha", name: "Cabin" });
  const topics = [...store.keys()];
  expect(topics.filter((topic) => !topic.startsWith("ha/") && !topic.startsWith("cabin/"))).toEqual([]);
  const restarted = start(store);
  restarted.sensors.update(SETTINGS);
  expect([...restarted.store.keys()].filter((topic) => /^(ha|cabin)\//.test(topic))).toEqual([]);
});

test("after a restart only what has changed is told", () => {
  const { sensors, store, take } = start();
  sensors.update(SETTINGS);
  sensors.stop();
  expect(take().at(-1)).toBe("culex/status offline");
  const restarted = start(store);
  restarted.tell({ clients: 1 });
  restarted.sensors.update(SETTINGS);
  expect(restarted.take()).toEqual(["culex/sensor/clients 1", "culex/status online"]);
});

test("what a client puts in the place of a value is put right, and where nothing is retained it is said once", () => {
  const { sensors, store, take } = start();
  sensors.update(SETTINGS);
  store.set("culex/sensor/clients", { publisher: "thief", payload: "99" });
  store.delete("culex/sensor/retained");
  take();
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual(["culex/sensor/clients 0"]);
});
