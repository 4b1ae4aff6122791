import type { BrokerEvent, RecordEvent } from "../../core/events.ts";
import type { Limits } from "../../settings/types.ts";
import type { Alarm, Alarms } from "./alarms.ts";

/** A connection to another broker, as far as alarms go. */
export interface BridgeFigures {
  readonly name: string;
  readonly status: "connecting" | "connected" | "waiting" | "stopped";
  readonly lastError: { readonly sentence: string } | null;
}

export interface WatchdogDeps {
  readonly alarms: Alarms;
  readonly limits: () => Pick<Limits, "sysmonLargeHeapPercent" | "maxQueuedMessages" | "flappingBanS">;
  readonly heap: () => { readonly used: number; readonly limit: number };
  /** The share of the time since the last question in which the broker was at work. */
  readonly atWork: () => number;
  readonly waiting: (clientId: string) => number;
  readonly bridges: () => readonly BridgeFigures[];
  readonly now: () => number;
}

/** Raises alarms, and clears them when all is well again. */
export interface Watchdog {
  /** Hears what happens to clients. */
  readonly record: RecordEvent;
  /** To be called every few seconds. */
  look(): void;
}

/** Below this share of what raised it an alarm is over, so that it does not flicker. */
const WELL_AGAIN = 0.9;
const BUSY_LOOP = 0.9;
/** Looks in a row at a busy event loop before it is an alarm. */
const BUSY_LOOKS = 2;
/** A queue is well again with this share of its limit, as in EMQ. */
const LOW_WATERMARK = 0.2;

const HEAP = "high_heap_usage";
const LOOP = "high_event_loop_usage";
const BRIDGE = "bridge_down.";
const QUEUE = "queue_high_watermark.";
const FLAPPING = "flapping.";

/** Makes the watchdog; nothing is wrong yet. */
export function createWatchdog({ alarms, limits, heap, atWork, waiting, bridges, now }: WatchdogDeps): Watchdog {
  let busyLooks = 0;
  /** When the devices that are kept out may come back. */
  const keptOut = new Map<string, number>();

  const lookAtHeap = (): void => {
    const { used, limit } = heap();
    const bound = (limit * limits().sysmonLargeHeapPercent) / 100;
    if (used > bound) alarms.raise(highHeap(used, limit));
    else if (used <= bound * WELL_AGAIN) alarms.clear(HEAP);
  };

  const lookAtLoop = (): void => {
    const utilization = atWork();
    busyLooks = utilization > BUSY_LOOP ? busyLooks + 1 : 0;
    if (busyLooks >= BUSY_LOOKS) alarms.raise(busyLoop(utilization));
    else if (utilization <= BUSY_LOOP * WELL_AGAIN) alarms.clear(LOOP);
  };

  const lookAtBridges = (): void => {
    const down = bridges().filter(({ status, lastError }) => status !== "connected" && lastError !== null);
    for (const bridge of down) alarms.raise(bridgeDown(bridge));
    for (const name of alarms.active(BRIDGE)) {
      if (!down.some((bridge) => bridge.name === name)) alarms.clear(`${BRIDGE}${name}`);
    }
  };

  const lookAtClients = (): void => {
    const low = Math.min(limits().maxQueuedMessages, 1000) * LOW_WATERMARK;
    for (const clientId of alarms.active(QUEUE)) {
      if (waiting(clientId) <= low) alarms.clear(`${QUEUE}${clientId}`);
    }
    for (const [clientId, untilMs] of keptOut) {
      if (now() < untilMs) continue;
      keptOut.delete(clientId);
      alarms.clear(`${FLAPPING}${clientId}`);
    }
  };

  /** What is reported may be in the middle of a delivery, and alarms are messages: later in this turn. */
  const raise = (alarm: Alarm): void => queueMicrotask(() => alarms.raise(alarm));

  const hear = (event: BrokerEvent): void => {
    const { clientId } = event.client;
    if (event.kind === "dropped" && event.reason.kind === "queue_dropped") {
      if (!alarms.has(`${QUEUE}${clientId}`)) raise(queueHigh(clientId, event.reason.sentence, waiting(clientId)));
    } else if (event.kind === "refused" && event.reason.kind === "flapping") {
      if (alarms.has(`${FLAPPING}${clientId}`)) return;
      keptOut.set(clientId, now() + limits().flappingBanS * 1000);
      raise(flapping(clientId, event.reason.sentence, event.client.address));
    }
  };

  return {
    record: hear,
    look() {
      lookAtHeap();
      lookAtLoop();
      lookAtBridges();
      lookAtClients();
    },
  };
}

function highHeap(used: number, limit: number): Alarm {
  const percent = Math.round((used * 100) / limit);
  return {
    id: HEAP,
    severity: "warning",
    title: "High heap usage",
    summary: `${percent} % of the heap are in use`,
    details: { used, limit },
  };
}

function busyLoop(utilization: number): Alarm {
  const percent = Math.round(utilization * 100);
  return {
    id: LOOP,
    severity: "warning",
    title: "High event loop usage",
    summary: `the broker was at work for ${percent} % of the time`,
    details: { percent },
  };
}

function bridgeDown({ name, lastError }: BridgeFigures): Alarm {
  return {
    id: `${BRIDGE}${name}`,
    severity: "error",
    title: `Bridge ${name} down`,
    summary: lastError?.sentence ?? "",
    details: { name },
  };
}

function queueHigh(clientId: string, sentence: string, waits: number): Alarm {
  return {
    id: `${QUEUE}${clientId}`,
    severity: "warning",
    title: `Queue ${clientId} high-water mark`,
    summary: sentence,
    details: { clientid: clientId, waiting: waits },
  };
}

function flapping(clientId: string, sentence: string, address: string): Alarm {
  return {
    id: `${FLAPPING}${clientId}`,
    severity: "warning",
    title: `Client ${clientId} flapping`,
    summary: sentence,
    details: { clientid: clientId, peerhost: address },
  };
}
