import { createHash } from "node:crypto";
import { isRawObject } from "../../core/raw-object.ts";
import { utf8Text } from "../../core/text.ts";
import type { SensorSettings } from "../../settings/types.ts";

/** One thing that Home Assistant is told of. */
export interface Entity {
  readonly component: "sensor" | "binary_sensor";
  /** The end of its ids and topics. */
  readonly key: string;
  readonly name: string;
  /** More about it, in Home Assistant's words. */
  readonly about: Readonly<Record<string, string | number>>;
}

/** An entity as it is announced, and where its value is. */
export interface Announcement {
  readonly topic: string;
  readonly payload: string;
  readonly stateTopic: string;
}

/** Says of an announcement who made it; by that it is known again after a restart. */
const ORIGIN = "Culex";

/** The first level of the topics of a device that is called so. */
export function idOf({ name }: Pick<SensorSettings, "name">): string {
  return topicWord(name.trim().toLowerCase().replaceAll(" ", "_"));
}

/** Where it is told whether the broker is there. */
export function availabilityTopic(id: string): string {
  return `${id}/status`;
}

/**
 * Announces an entity as Home Assistant's MQTT discovery has it:
 *
 *     homeassistant/sensor/culex/clients/config
 *     {"name":"Connected clients","unique_id":"culex_clients","state_topic":"culex/sensor/clients",...}
 */
export function announce(
  { component, key, name, about }: Entity,
  settings: Pick<SensorSettings, "name" | "prefix">,
  version: string,
): Announcement {
  const id = idOf(settings);
  const stateTopic = `${id}/${component}/${key}`;
  const config = {
    name,
    unique_id: `${id}_${key}`,
    state_topic: stateTopic,
    availability_topic: availabilityTopic(id),
    ...about,
    device: {
      identifiers: [id],
      name: settings.name,
      manufacturer: "Culex",
      model: "MQTT broker",
      sw_version: version,
    },
    origin: { name: ORIGIN, sw_version: version },
  };
  return { topic: `${settings.prefix}/${component}/${id}/${key}/config`, payload: JSON.stringify(config), stateTopic };
}

/** The topics that an announcement of ours names; null: it is none of ours. */
export function topicsIn(payload: Uint8Array): readonly string[] | null {
  try {
    const config: unknown = JSON.parse(utf8Text(payload) ?? "");
    if (!isRawObject(config) || !isRawObject(config["origin"]) || config["origin"]["name"] !== ORIGIN) return null;
    return [config["state_topic"], config["availability_topic"]].filter((topic) => typeof topic === "string");
  } catch {
    return null;
  }
}

/** A name as Home Assistant takes it in topics and ids; names that differ stay different. */
export function topicWord(name: string): string {
  if (/^[\w-]{1,64}$/.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.replace(/[^\w-]+/g, "_").slice(0, 50)}_${digest}`;
}
