import type { ThroughputPlan } from "./throughput.ts";

const number = (value: number): string => String(value).padStart(3, "0");

const BOTH = ["culex", "mosquitto"] as const;

const fanOut: ThroughputPlan = {
  name: "b",
  title: "fan-out 1 -> 100, 64 B, QoS 0",
  transport: "tcp",
  publishers: 1,
  subscribers: 100,
  qos: 0,
  window: 100,
  topic: () => "bench/fan-out/state",
  filter: () => "bench/fan-out/state",
  fanOut: 100,
  heldFilters: [],
  floorRatio: 12,
  brokers: BOTH,
};

const fanIn: ThroughputPlan = {
  ...fanOut,
  name: "c",
  title: "fan-in 50 -> 1, QoS 0",
  publishers: 50,
  subscribers: 1,
  topic: (publisher) => `bench/fan-in/${number(publisher)}`,
  filter: () => "bench/fan-in/+",
  fanOut: 1,
  floorRatio: 9,
};

const pairs: ThroughputPlan = {
  ...fanIn,
  name: "d0",
  title: "50 pairs, QoS 0",
  subscribers: 50,
  topic: (publisher) => `bench/pair/${number(publisher)}`,
  filter: (subscriber) => `bench/pair/${number(subscriber)}`,
  floorRatio: 8,
};

const wildcards: ThroughputPlan = {
  ...fanIn,
  name: "w",
  title: "50 -> 5 wildcard subscribers, 1,000 other wildcard filters held",
  subscribers: 5,
  topic: (publisher) => `bench/device-${number(publisher)}/sensor/state`,
  filter: () => "bench/+/sensor/state",
  fanOut: 5,
  heldFilters: Array.from({ length: 1000 }, (_, index) =>
    index % 2 === 0 ? `bench/+/other-${index}/#` : `elsewhere/${index}/+/state`,
  ),
};

/** The saturating scenarios. The Debian build of mosquitto has no WebSocket listener to compare with, so nothing is asked there. */
export const throughputPlans: readonly ThroughputPlan[] = [
  fanOut,
  fanIn,
  pairs,
  { ...pairs, name: "d1", title: "50 pairs, QoS 1", qos: 1, window: 20, floorRatio: 7 },
  { ...pairs, name: "e", title: "50 pairs, QoS 2", qos: 2, window: 20, floorRatio: 6 },
  wildcards,
  { ...fanOut, name: "b-tls", title: "b over TLS", transport: "tls", floorRatio: 3 },
  { ...pairs, name: "d0-tls", title: "d0 over TLS", transport: "tls", floorRatio: 3 },
  { ...fanOut, name: "b-ws", title: "b over WebSocket", transport: "ws", floorRatio: null },
  { ...pairs, name: "d0-ws", title: "d0 over WebSocket", transport: "ws", floorRatio: null },
];
