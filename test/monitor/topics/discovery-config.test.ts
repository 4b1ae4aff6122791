import { expect, test } from "vitest";
import { readDiscovery, type DiscoveryConfig } from "../../../src/monitor/topics/discovery-config.ts";

const TOPIC = "homeassistant/sensor/plug/power/config";
const UNREADABLE: DiscoveryConfig = {
  topic: TOPIC,
  device: TOPIC,
  name: "sensor/plug/power",
  topics: [],
  availability: [],
  needsAll: false,
};

test.each<[string, unknown, Partial<DiscoveryConfig>]>([
  [
    "abbreviated words with a base topic",
    {
      "~": "tele/plug",
      stat_t: "~/SENSOR",
      cmd_t: "cmnd/~",
      avty_t: "~/LWT",
      pl_not_avail: "Offline",
      dev: { ids: ["b", "a"], name: "Plug" },
    },
    {
      device: "a b",
      name: "Plug",
      topics: ["tele/plug/SENSOR", "cmnd/tele/plug", "tele/plug/LWT"],
      availability: [{ topic: "tele/plug/LWT", offline: "Offline" }],
    },
  ],
  [
    "full words with a list of availabilities",
    {
      name: "Power",
      state_topic: "z/plug",
      availability: [{ topic: "z/bridge" }, { topic: "z/plug/availability", payload_not_available: "gone" }],
      availability_mode: "all",
      device: { identifiers: "plug-1" },
    },
    {
      device: "plug-1",
      name: "Power",
      topics: ["z/plug", "z/bridge", "z/plug/availability"],
      availability: [
        { topic: "z/bridge", offline: "offline" },
        { topic: "z/plug/availability", offline: "gone" },
      ],
      needsAll: true,
    },
  ],
  [
    "a device with its parts",
    { dev: { cns: [["mac", "aa"]], name: "Whole" }, cmps: { a: { p: "sensor", stat_t: "x/a" }, b: { stat_t: "x/b" } } },
    { device: '[["mac","aa"]]', name: "Whole", topics: ["x/a", "x/b"] },
  ],
  ["no device", { state_topic: "x" }, { topics: ["x"] }],
  ["no object", [1], {}],
])("reads %s", (_, payload, config) => {
  expect(readDiscovery(TOPIC, Buffer.from(JSON.stringify(payload)))).toEqual({ ...UNREADABLE, ...config });
});

test("of what is no JSON the topic is known", () => {
  expect(readDiscovery(TOPIC, Buffer.from([0xff]))).toEqual(UNREADABLE);
});

/** A retained message of anybody; one that cannot be read must not end the broker. */
test.each([
  ["lists", `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
  ["objects", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`],
  ["ids", `{"dev":{"ids":[${"[".repeat(50_000)}${"]".repeat(50_000)}]}}`],
  ["connections", `{"dev":{"cns":[${"[".repeat(50_000)}${"]".repeat(50_000)}]}}`],
])("of %s within one another, deeper than the stack, the topic is known", (_, payload) => {
  expect(readDiscovery(TOPIC, Buffer.from(payload))).toEqual(UNREADABLE);
});

test.each([
  ["as many values as it takes a while to parse", `{"a":[${"1,".repeat(10_000)}1]}`],
  ["more bytes than any announcement has", `{"name":"${"x".repeat(256 * 1024)}"}`],
])("of one with %s the topic is known", (_, payload) => {
  expect(readDiscovery(TOPIC, Buffer.from(payload))).toEqual(UNREADABLE);
});

test("an id that is no text is written as JSON", () => {
  const config = { dev: { ids: [7, { toString: 1 }] } };
  expect(readDiscovery(TOPIC, Buffer.from(JSON.stringify(config))).device).toBe('7 {"toString":1}');
});

test("a long base is not written out without end", () => {
  const base = "x".repeat(1000);
  const avty = Array.from({ length: 2_000 }, (_, index) => ({ t: `~/${index}` }));
  const { topics, availability } = readDiscovery(TOPIC, Buffer.from(JSON.stringify({ "~": base, avty })));
  expect(topics[0]).toBe(`${base}/0`);
  expect([topics.length, availability.length]).toEqual([65, 65]);
});
