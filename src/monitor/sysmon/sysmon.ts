import type { RecordEvent } from "../../core/events.ts";
import type { UnsentFigures } from "../../core/figures.ts";
import type { Limits } from "../../settings/types.ts";
import { emqTopic, nodeLevel } from "../sys/emq-tree.ts";
import { createAlarms } from "./alarms.ts";
import { createWorkShare, heapNow, watchVitals, type VitalsWatch } from "./vitals.ts";
import { createWatchdog, type BridgeFigures } from "./watchdog.ts";

/** What is told, and from where on. */
export type SysmonLimits = Pick<
  Limits,
  | "sysmonLongGcMs"
  | "sysmonLongScheduleMs"
  | "sysmonLargeHeapPercent"
  | "sysmonBusyPortBytes"
  | "maxQueuedMessages"
  | "flappingBanS"
>;

export interface SysmonDeps {
  /** The name of this broker in EMQ's tree. */
  readonly node: string;
  readonly limits: () => SysmonLimits;
  /** Whether anybody would get a message of this topic. */
  readonly isHeard: (topic: string) => boolean;
  readonly publish: (message: {
    readonly topic: string;
    readonly payload: string;
    readonly qos: 0;
    readonly retain: false;
  }) => void;
  /** Connections with more than these bytes that their clients have not read. */
  readonly unsent: (above: number) => Iterable<UnsentFigures>;
  /** Messages that wait for a client. */
  readonly waiting: (clientId: string) => number;
  readonly bridges: () => readonly BridgeFigures[];
}

/** Looks after the process and its connections, and tells what is not well in EMQ's words. */
export interface Sysmon {
  readonly record: RecordEvent;
  /** Looks once a second from now on, or not at all. */
  update(isOn: boolean): void;
  stop(): void;
}

const INTERVAL_MS = 1_000;
/** So many looks make one of the watchdog. */
const WATCHDOG_EVERY = 5;
/** A client that does not read for a moment is nothing to tell. */
const BUSY_MS = 5_000;

const KINDS = ["long_gc", "long_schedule", "large_heap", "busy_port", "busy_dist_port"] as const;
type Kind = (typeof KINDS)[number];

/** Makes it; nothing is looked at before the first update(). Nothing is measured that nobody subscribed to. */
export function createSysmon(deps: SysmonDeps): Sysmon {
  const { limits, isHeard, unsent } = deps;
  const node = nodeLevel(deps.node);
  const publish = (topic: string, payload: string): void => deps.publish({ topic, payload, qos: 0, retain: false });
  const alarms = createAlarms(node, publish);
  const watchdog = createWatchdog({ ...deps, alarms, heap: heapNow, atWork: createWorkShare(), now: Date.now });
  /** Since when a client does not read; Infinity: that was told. */
  const busySince = new Map<string, number>();
  let vitals: VitalsWatch | null = null;
  let timer: NodeJS.Timeout | null = null;
  let looks = 0;

  const topicOf = (kind: Kind): string => emqTopic(node, `sysmon/${kind}`);
  const tell = (kind: Kind, client: string, info: object): void =>
    publish(topicOf(kind), `${kind} warning: client = ${client}, info: ${JSON.stringify(info)}`);

  const tellVitals = (): void => {
    const { sysmonLongGcMs, sysmonLongScheduleMs, sysmonLargeHeapPercent } = limits();
    vitals ??= watchVitals();
    const { gc, delayMs } = vitals.take(sysmonLongScheduleMs);
    if (gc !== null && gc.ms > sysmonLongGcMs) tell("long_gc", "-", { duration_ms: Math.round(gc.ms), kind: gc.kind });
    if (delayMs !== null) tell("long_schedule", "-", { delay_ms: Math.round(delayMs) });
    const heap = heapNow();
    if (heap.used > (heap.limit * sysmonLargeHeapPercent) / 100) tell("large_heap", "-", heap);
  };

  const tellBusy = (): void => {
    const nowMs = Date.now();
    const busy = new Set<string>();
    for (const { clientId, bytes, isBridge } of unsent(limits().sysmonBusyPortBytes)) {
      busy.add(clientId);
      const sinceMs = busySince.get(clientId) ?? nowMs;
      busySince.set(clientId, sinceMs);
      if (nowMs - sinceMs < BUSY_MS) continue;
      busySince.set(clientId, Infinity);
      tell(isBridge ? "busy_dist_port" : "busy_port", clientId, { unsent: bytes, seconds: BUSY_MS / 1000 });
    }
    for (const clientId of busySince.keys()) if (!busy.has(clientId)) busySince.delete(clientId);
  };

  const forget = (): void => {
    vitals?.stop();
    vitals = null;
    busySince.clear();
  };

  const look = (): void => {
    if (looks++ % WATCHDOG_EVERY === 0) watchdog.look();
    if (KINDS.some((kind) => isHeard(topicOf(kind)))) {
      tellVitals();
      tellBusy();
    } else forget();
  };

  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    forget();
  };

  return {
    record(event) {
      if (timer !== null) watchdog.record(event);
    },
    update(isOn) {
      if (!isOn) stop();
      else timer ??= setInterval(look, INTERVAL_MS).unref();
    },
    stop,
  };
}
