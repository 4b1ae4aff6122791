import { performance } from "node:perf_hooks";
import type { StageFigures } from "./auth/figures.ts";
import type { BridgeState } from "./bridge/types.ts";
import type { Broker } from "./broker/broker.ts";
import { messageOf } from "./core/errors.ts";
import { kept } from "./core/kept.ts";
import type { Logger } from "./core/logger.ts";
import { createMetricsApi } from "./http/metrics-api.ts";
import { certificatesOf } from "./http/panel/certificates.ts";
import { openWebServer, type WebServer } from "./http/web-server.ts";
import { CONTENT_TYPE, exposition } from "./monitor/metrics/exposition.ts";
import { watchLoopDelay } from "./monitor/metrics/loop-delay.ts";
import { metricFamilies, type MetricReading } from "./monitor/metrics/metric-list.ts";
import type { Refusals } from "./monitor/refusals.ts";
import type { MetricsSettings } from "./settings/types.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface MetricsDeskDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly current: () => Snapshot;
  readonly broker: () => Pick<Broker, "figures" | "counters" | "retained">;
  readonly refusals: Pick<Refusals, "byKind">;
  readonly bridges: () => readonly BridgeState[];
  readonly problems: () => number | null;
  /** What each login source was asked and said. */
  readonly logins: () => ReadonlyMap<string, StageFigures>;
  /** Transactions on the disk since the start. */
  readonly writes: () => number;
  readonly log: Logger;
  readonly now: () => number;
}

/** A page serves all who ask within this time: it takes a look at every session. */
const PAGE_MS = 1_000;

/**
 * Opens the port where Prometheus fetches figures. This file and what it imports are loaded when that is switched on.
 * @throws Error with the system's code when the port cannot be opened.
 */
export async function openMetrics({ host, port }: MetricsSettings, deps: MetricsDeskDeps): Promise<WebServer> {
  const { current, log, now } = deps;
  const delay = watchLoopDelay();
  const page = kept(() => exposition(metricFamilies(readingOf(deps, delay.longestMs()))), PAGE_MS, now);
  const { fetch } = createMetricsApi({
    token: () => current().settings.metrics?.token ?? null,
    page,
    contentType: CONTENT_TYPE,
    now,
  });
  const fault = (error: Error): void => {
    log.error({}, `The port for metrics reports a fault: ${messageOf(error)}`);
  };
  try {
    const server = await openWebServer({ host, port, tls: null, fetch, fault });
    log.notice({}, `Metrics are at ${server.address}/metrics.`);
    return {
      ...server,
      async close() {
        delay.stop();
        await server.close();
      },
    };
  } catch (error) {
    delay.stop();
    throw error;
  }
}

function readingOf(deps: MetricsDeskDeps, loopDelayMs: number): MetricReading {
  const { version, startedAtMs, broker, refusals, bridges } = deps;
  const counters = broker().counters();
  const states = bridges();
  const ends = certificatesOf(deps).map(({ validTo }) => Date.parse(validTo));
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    version,
    nodeVersion: process.versions.node,
    startedAtMs,
    figures: broker().figures(),
    retainedBytes: broker().retained.bytes,
    dropped: new Map([
      ["queue_messages", counters.droppedQueueMessages],
      ["queue_bytes", counters.droppedQueueBytes],
      ["memory", counters.droppedMemory],
      ["unsent", counters.droppedUnsent],
      ["offline", counters.droppedOffline],
      ["expired", counters.droppedExpired],
      ["too_large", counters.droppedTooLarge],
      ["shared_group", counters.droppedGroup],
      ["session_end", counters.droppedSessionEnd],
    ]),
    refusedMessages: new Map([
      ["oversize", counters.refusedOversize],
      ["text", counters.refusedText],
      ["retained", counters.refusedRetained],
      ["rate", counters.refusedRate],
      ["memory", counters.refusedMemory],
    ]),
    deniedActions: new Map([
      ["publish", counters.publishDenied],
      ["receive", counters.receiveDenied],
      ["subscribe", counters.subscribeDenied],
      ["unsubscribe", counters.unsubscribeDenied],
    ]),
    refusedConnections: refusals.byKind,
    logins: new Map(
      [...deps.logins()].map(([source, { yes, no, ignored, failed }]) => [
        source,
        new Map(Object.entries({ yes, no, ignored, failed })),
      ]),
    ),
    bridges: { all: states.length, connected: states.filter(({ status }) => status === "connected").length },
    problems: deps.problems(),
    certificateEndsAtMs: ends.length === 0 ? null : Math.min(...ends),
    storageWrites: deps.writes(),
    process: {
      userCpuS: user / 1e6,
      systemCpuS: system / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      loopDelayS: loopDelayMs / 1000,
      loopActiveS: performance.eventLoopUtilization().active / 1000,
    },
  };
}
