import { hostname } from "node:os";
import type { BridgeState } from "./bridge/types.ts";
import type { Broker } from "./broker/broker.ts";
import type { RecordEvent } from "./core/events.ts";
import { createRefusals } from "./monitor/refusals.ts";
import { createSys } from "./monitor/sys/sys.ts";
import { createSysmon } from "./monitor/sysmon/sysmon.ts";
import { openSensors } from "./open-sensors.ts";
import type { Settings } from "./settings/types.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface FiguresDeskDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly current: () => Snapshot;
  /** Not asked before the first update(). */
  readonly broker: () => Broker;
  readonly bridges: () => readonly BridgeState[];
}

/** What the broker tells of itself: below $SYS, and to Home Assistant. */
export interface FiguresDesk {
  /** Hears what happens to clients of the broker. */
  readonly record: RecordEvent;
  /** Hears of every connection that is refused, wherever. */
  readonly refused: RecordEvent;
  /** Takes over what the settings say of $SYS. */
  update(settings: Settings): void;
  /** Takes over what they say of all else; to be called when listeners and bridges are as they say too. */
  announce(settings: Settings): Promise<void>;
  /** Who counts the open problems from now on; null: nobody does. */
  readonly countProblems: (count: (() => number) | null) => void;
  stop(): void;
}

/** Makes the desk; nothing is told before the first update(). */
export function openFigures(deps: FiguresDeskDeps): FiguresDesk {
  const { version, startedAtMs, current, broker, bridges } = deps;
  const node = hostname();
  const sys = createSys({
    version,
    node,
    figures: () => broker().figures(),
    publish: (message) => broker().publish(message),
  });
  const sysmon = createSysmon({
    node,
    limits: () => current().settings.limits,
    isHeard: (topic) => broker().isHeard(topic),
    publish: (message) => broker().publish(message),
    unsent: (above) => broker().unsent(above),
    waiting: (clientId) => broker().bridgeEnds.waiting(clientId),
    bridges,
  });
  const refusals = createRefusals();
  let openProblems: (() => number) | null = null;
  const sensors = openSensors({
    version,
    startedAtMs,
    broker,
    current,
    refusals,
    bridges,
    problems: () => openProblems?.() ?? null,
    now: Date.now,
  });

  return {
    record(event) {
      sys.record(event);
      sysmon.record(event);
      sensors.record(event);
    },
    refused: refusals.record,
    update({ sysIntervalS }) {
      sys.update(sysIntervalS);
      sysmon.update(sysIntervalS > 0);
    },
    announce: (settings) => sensors.update(settings.sensors),
    countProblems(count) {
      openProblems = count;
    },
    stop() {
      sys.stop();
      sysmon.stop();
      sensors.stop();
    },
  };
}
