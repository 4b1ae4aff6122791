import { parseModestJson } from "../../core/modest-json.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";

/** What the announcement of a device or of a part of one says. */
export interface DiscoveryConfig {
  readonly topic: string;
  /** Of its device, the same in every announcement of it. */
  readonly device: string;
  readonly name: string;
  /** Every topic that it names. */
  readonly topics: readonly string[];
  /** Where it says whether it is there, and what it says when it is not. */
  readonly availability: readonly { readonly topic: string; readonly offline: string }[];
  /** Whether each of them has to be there. */
  readonly needsAll: boolean;
}

/** That of a device with a hundred parts is far below, and has about six levels. */
const MAX_BYTES = 256 * 1024;
const BOUNDS = { levels: 32, values: 10_000 } as const;
/** Of all topics together, which a long "~" would make many times as large as the message. */
const MAX_TOPIC_CHARACTERS = 64 * 1024;

/**
 * Reads an announcement of Home Assistant's MQTT discovery, in full or abbreviated words; of one that cannot be read the
 * topic is all that is known:
 *
 *     homeassistant/sensor/plug/power/config
 *     {"~":"tele/plug","stat_t":"~/SENSOR","avty_t":"~/LWT","dev":{"ids":["plug"],"name":"Plug"}}
 */
export function readDiscovery(topic: string, payload: Uint8Array): DiscoveryConfig {
  const config = parse(payload) ?? {};
  const device = objectAt(config, "device", "dev") ?? {};
  const base = typeof config["~"] === "string" ? config["~"] : "";
  return {
    topic,
    device: deviceKey(device) ?? topic,
    name: textAt(device, "name") ?? textAt(config, "name") ?? topic.split("/").slice(1, -1).join("/"),
    topics: [...new Set(fitting(topicsIn(config, base), (each) => each.length))],
    availability: [...fitting(availabilityOf(config, base), (each) => each.topic.length)],
    needsAll: textAt(config, "availability_mode", "avty_mode") === "all",
  };
}

function parse(payload: Uint8Array): RawObject | null {
  const config = payload.length > MAX_BYTES ? undefined : parseModestJson(payload, BOUNDS);
  return isRawObject(config) ? config : null;
}

function deviceKey(device: RawObject): string | null {
  const ids = device["identifiers"] ?? device["ids"] ?? null;
  if (typeof ids === "string") return ids;
  if (Array.isArray(ids) && ids.length > 0) return ids.map(idText).toSorted().join(" ");
  const connections = device["connections"] ?? device["cns"] ?? null;
  return Array.isArray(connections) && connections.length > 0 ? JSON.stringify(connections) : null;
}

/** An object would be asked how it is written, and what it says came from the network. */
function idText(id: unknown): string {
  return typeof id === "string" ? id : JSON.stringify(id);
}

/** "state_topic", "stat_t", "topic", "t": wherever they stand. */
function* topicsIn(value: unknown, base: string): Generator<string, void> {
  if (Array.isArray(value)) {
    for (const item of value) yield* topicsIn(item, base);
    return;
  }
  if (!isRawObject(value)) return;
  const own = typeof value["~"] === "string" ? value["~"] : base;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === "string" && /(^|_)(topic|t)$/.test(name)) yield expand(item, own);
    else yield* topicsIn(item, own);
  }
}

/** As many of them as there is room for. */
function* fitting<T>(items: Iterable<T>, lengthOf: (item: T) => number): Generator<T, void> {
  let room = MAX_TOPIC_CHARACTERS;
  for (const item of items) {
    room -= lengthOf(item);
    if (room < 0) return;
    yield item;
  }
}

function availabilityOf(config: RawObject, base: string): DiscoveryConfig["availability"] {
  const list = config["availability"] ?? config["avty"];
  const entries = Array.isArray(list) ? list.filter(isRawObject) : isRawObject(list) ? [list] : [];
  const single = textAt(config, "availability_topic", "avty_t");
  const offline = textAt(config, "payload_not_available", "pl_not_avail") ?? "offline";
  return [
    ...(single === null ? [] : [{ topic: expand(single, base), offline }]),
    ...entries.flatMap((entry) => {
      const topic = textAt(entry, "topic", "t");
      const own = textAt(entry, "payload_not_available", "pl_not_avail") ?? "offline";
      return topic === null ? [] : [{ topic: expand(topic, base), offline: own }];
    }),
  ];
}

/** "~" stands for the base at the start or at the end. */
function expand(topic: string, base: string): string {
  if (topic.startsWith("~")) return base + topic.slice(1);
  return topic.endsWith("~") ? topic.slice(0, -1) + base : topic;
}

function objectAt(object: RawObject, ...names: readonly string[]): RawObject | null {
  return names.map((name) => object[name]).find(isRawObject) ?? null;
}

function textAt(object: RawObject, ...names: readonly string[]): string | null {
  return names.map((name) => object[name]).find((value) => typeof value === "string") ?? null;
}
