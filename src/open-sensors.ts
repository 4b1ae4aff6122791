import type { BridgeState } from "./bridge/types.ts";
import type { Broker } from "./broker/broker.ts";
import type { RecordEvent } from "./core/events.ts";
import type { Refusals } from "./monitor/refusals.ts";
import { leftovers } from "./monitor/sensors/leftovers.ts";
import type { SensorReading } from "./monitor/sensors/sensor-list.ts";
import type { Sensors } from "./monitor/sensors/sensors.ts";
import { publishes } from "./monitor/sys/reading.ts";
import type { Settings } from "./settings/types.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface SensorDeskDeps {
  readonly version: string;
  readonly startedAtMs: number;
  /** Not asked before the first update(). */
  readonly broker: () => Pick<Broker, "briefFigures" | "counters" | "sessions" | "retained" | "publish">;
  readonly current: () => Snapshot;
  readonly refusals: Pick<Refusals, "total">;
  readonly bridges: () => readonly BridgeState[];
  /** Open problems; null: nobody looks for them. */
  readonly problems: () => number | null;
  readonly now: () => number;
}

/** The broker's figures in Home Assistant, as the configuration wants them. */
export interface SensorDesk {
  readonly record: RecordEvent;
  update(settings: Settings["sensors"]): Promise<void>;
  stop(): void;
}

/** Makes it. What tells the figures is loaded when that is switched on; what is left from before is taken back at once. */
export function openSensors(deps: SensorDeskDeps): SensorDesk {
  const { broker, startedAtMs, now } = deps;
  let sensors: Sensors | null = null;
  let made: Promise<Sensors> | null = null;
  let isClean = false;
  const publish = (topic: string, payload: string): void => broker().publish({ topic, payload, qos: 1, retain: true });

  const make = async (): Promise<Sensors> => {
    const [{ createSensors }, { certificatesOf }] = await Promise.all([
      import("./monitor/sensors/sensors.ts"),
      import("./http/panel/certificates.ts"),
    ]);
    const certificateDays = (): number | null => {
      const days = certificatesOf(deps).map(({ daysLeft }) => daysLeft);
      return days.length === 0 ? null : Math.min(...days);
    };
    const read = (): SensorReading => ({ ...countsOf(deps), certificateDays: certificateDays() });
    return createSensors({
      read,
      connected: () => broker().sessions(),
      retained: broker().retained,
      publish,
      startedAtMs,
      now,
    });
  };

  return {
    record: (event) => sensors?.record(event),
    async update(settings) {
      if (settings === "unread") return;
      if (settings === null && made === null) {
        if (!isClean) for (const topic of leftovers(broker().retained)) publish(topic, "");
        isClean = true;
        return;
      }
      sensors = await (made ??= make());
      sensors.update(settings);
    },
    stop: () => sensors?.stop(),
  };
}

function countsOf(deps: SensorDeskDeps): Omit<SensorReading, "certificateDays"> {
  const { version, startedAtMs, broker, refusals, now } = deps;
  const { received, sent, connections, retained } = broker().briefFigures();
  const counters = broker().counters();
  return {
    atMs: now(),
    version,
    startedAtMs,
    clients: connections,
    messagesIn: publishes(received),
    messagesOut: publishes(sent),
    denied: counters.publishDenied + counters.subscribeDenied,
    refused: refusals.total(),
    dropped: counters.droppedQueueMessages + counters.droppedQueueBytes + counters.droppedUnsent,
    retained: retained.count,
    memoryBytes: process.memoryUsage.rss(),
    problems: deps.problems(),
    bridges: deps.bridges().map(({ name, status }) => ({ name, isConnected: status === "connected" })),
  };
}
