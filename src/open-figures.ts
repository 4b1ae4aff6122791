import { hostname } from "node:os";
import type { StageFigures } from "./auth/figures.ts";
import type { BridgeState } from "./bridge/types.ts";
import type { Broker } from "./broker/broker.ts";
import type { RecordEvent } from "./core/events.ts";
import type { Logger } from "./core/logger.ts";
import type { Problem } from "./core/types.ts";
import { createGate } from "./http/gate.ts";
import { createRefusals } from "./monitor/refusals.ts";
import { createSys } from "./monitor/sys/sys.ts";
import { createSysmon } from "./monitor/sysmon/sysmon.ts";
import { openSensors } from "./open-sensors.ts";
import type { MetricsSettings, Settings } from "./settings/types.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface FiguresDeskDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly current: () => Snapshot;
  /** Not asked before the first update(). */
  readonly broker: () => Broker;
  readonly bridges: () => readonly BridgeState[];
  /** What each login source was asked and said. */
  readonly logins: () => ReadonlyMap<string, StageFigures>;
  /** Transactions on the disk since the start. */
  readonly writes: () => number;
  readonly log: Logger;
}

/** What the broker tells of itself: below $SYS, to Home Assistant, and to Prometheus. */
export interface FiguresDesk {
  /** Hears what happens to clients of the broker. */
  readonly record: RecordEvent;
  /** Hears of every connection that is refused, wherever. */
  readonly refused: RecordEvent;
  /** Takes over what the settings say of $SYS. */
  update(settings: Settings): void;
  /** Opens, moves or closes the port for Prometheus, as they say. */
  open(settings: Settings): Promise<readonly Problem[]>;
  /** Tells Home Assistant what they want it to be told; to be called when all else is as they say. */
  announce(settings: Settings): Promise<void>;
  /** Who counts the open problems from now on; null: nobody does. */
  readonly countProblems: (count: (() => number) | null) => void;
  stop(): Promise<void>;
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
    isHeard: (topic) => broker().isHeard(topic),
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
  const problems = (): number | null => openProblems?.() ?? null;
  const metrics = createGate<MetricsSettings>({
    placeOf: (settings) => settings,
    tlsOf: () => null,
    async open(settings) {
      const { openMetrics } = await import("./open-metrics.ts");
      return openMetrics(settings, { ...deps, refusals, problems, now: Date.now });
    },
    closed: { what: "the page of metrics", now: "There are no metrics; the rest works." },
  });
  const sensors = openSensors({
    version,
    startedAtMs,
    broker,
    current,
    refusals,
    bridges,
    problems,
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
    open: (settings) => metrics.apply(settings.metrics),
    announce: (settings) => sensors.update(settings.sensors),
    countProblems(count) {
      openProblems = count;
    },
    async stop() {
      sys.stop();
      sysmon.stop();
      sensors.stop();
      await metrics.stop();
    },
  };
}
