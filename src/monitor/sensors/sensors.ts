import type { RecordEvent } from "../../core/events.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import type { SensorSettings } from "../../settings/types.ts";
import { announce, availabilityTopic, type Entity, idOf, topicWord } from "./announcement.ts";
import { leftovers } from "./leftovers.ts";
import { createPresence, type PresenceDeps } from "./presence.ts";
import { createRates } from "./rates.ts";
import { sensors, type SensorReading } from "./sensor-list.ts";

export interface SensorsDeps {
  readonly read: () => SensorReading;
  readonly connected: PresenceDeps["connected"];
  readonly retained: Pick<RetainedMessages, "walk" | "content" | "facts">;
  /** Publishes a retained message past every rule; one without payload takes back what was said. */
  readonly publish: (topic: string, payload: string) => void;
  readonly startedAtMs: number;
  readonly now: () => number;
}

/** What Home Assistant is told of this broker. */
export interface Sensors {
  readonly record: RecordEvent;
  /** Tells what changed at each interval, and now what was not told yet; null takes everything back. */
  update(settings: SensorSettings | null): void;
  /** Says that the broker is not there any more. */
  stop(): void;
}

/** An entity with its value; null: it is told elsewhere. */
interface Valued {
  readonly entity: Entity;
  readonly value: string | null;
}

const CONNECTIVITY = { device_class: "connectivity" } as const;

/** Makes the part that announces the broker's figures to Home Assistant; nothing is said before the first update(). */
export function createSensors({ read, connected, retained, publish, startedAtMs, now }: SensorsDeps): Sensors {
  const rates = createRates(startedAtMs);
  const said = new Map<string, string>();
  let current: SensorSettings | null = null;
  let timer: NodeJS.Timeout | null = null;

  const say = (topic: string, payload: string): void => {
    const facts = retained.facts(topic);
    // a client may have put something else in its place; and where nothing is retained, once is enough
    const isSaid =
      facts === null
        ? said.get(topic) === payload
        : facts.publisher === null && retained.content(topic)?.payload.toString() === payload;
    said.set(topic, payload);
    if (!isSaid) publish(topic, payload);
  };

  const takeBack = (topics: Iterable<string>): void => {
    for (const topic of topics) {
      said.delete(topic);
      publish(topic, "");
    }
  };

  const presence = createPresence({
    connected,
    tell(device, isThere) {
      if (current !== null) say(stateTopicOf(deviceEntity(device), current), onOff(isThere));
    },
    now,
  });

  const entities = (reading: SensorReading): readonly Valued[] => {
    const taken = rates.take(reading);
    return [
      ...sensors.flatMap(({ key, name, about, value: valueOf }): Valued[] => {
        const value = valueOf(reading, taken);
        return value === null ? [] : [{ entity: { component: "sensor", key, name, about }, value }];
      }),
      ...reading.bridges.map(({ name, isConnected }) => ({ entity: bridgeEntity(name), value: onOff(isConnected) })),
      ...(current?.devices ?? []).map((device) => ({ entity: deviceEntity(device), value: null })),
    ];
  };

  /** Gives every topic that is in use. */
  const sayAll = (settings: SensorSettings): ReadonlySet<string> => {
    const reading = read();
    const status = availabilityTopic(idOf(settings));
    const inUse = new Set([status]);
    for (const { entity, value } of entities(reading)) {
      const { topic, payload, stateTopic } = announce(entity, settings, reading.version);
      inUse.add(topic).add(stateTopic);
      say(topic, payload);
      if (value !== null) say(stateTopic, value);
    }
    say(status, "online");
    takeBack([...said.keys()].filter((topic) => !inUse.has(topic)));
    return inUse;
  };

  const stopClock = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };

  return {
    record: presence.record,
    update(settings) {
      if (timer !== null && JSON.stringify(settings) === JSON.stringify(current)) return;
      stopClock();
      current = settings;
      if (settings === null) {
        presence.stop();
        takeBack(new Set([...said.keys(), ...leftovers(retained)]));
        return;
      }
      const inUse = sayAll(settings);
      takeBack([...leftovers(retained)].filter((topic) => !inUse.has(topic)));
      presence.update(settings.devices, settings.intervalS * 1000);
      timer = setInterval(() => sayAll(settings), settings.intervalS * 1000).unref();
    },
    stop() {
      stopClock();
      presence.stop();
      if (current !== null) say(availabilityTopic(idOf(current)), "offline");
    },
  };
}

function deviceEntity(device: string): Entity {
  return { component: "binary_sensor", key: `device_${topicWord(device)}`, name: device, about: CONNECTIVITY };
}

function bridgeEntity(bridge: string): Entity {
  const about = { ...CONNECTIVITY, entity_category: "diagnostic" } as const;
  return { component: "binary_sensor", key: `bridge_${topicWord(bridge)}`, name: `Bridge ${bridge}`, about };
}

function stateTopicOf(entity: Entity, settings: SensorSettings): string {
  return announce(entity, settings, "").stateTopic;
}

function onOff(isOn: boolean): string {
  return isOn ? "ON" : "OFF";
}
