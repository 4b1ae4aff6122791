import type { MetricReading } from "../../../src/monitor/metrics/metric-list.ts";
import { reading as sysReading } from "../sys/reading.ts";

/** A broker of which nothing is to be told, but what is given. */
export function reading(told: Partial<MetricReading> = {}): MetricReading {
  return {
    version: "1.2.3",
    nodeVersion: "24.0.0",
    startedAtMs: 1_000,
    figures: sysReading().figures,
    retainedBytes: 0,
    dropped: new Map(),
    refusedMessages: new Map(),
    deniedActions: new Map(),
    refusedConnections: new Map(),
    logins: new Map(),
    bridges: { all: 0, connected: 0 },
    problems: null,
    certificateEndsAtMs: null,
    storageWrites: 0,
    process: {
      userCpuS: 0,
      systemCpuS: 0,
      residentBytes: 0,
      heapUsedBytes: 0,
      loopDelayS: 0,
      loopActiveS: 0,
    },
    ...told,
  };
}
