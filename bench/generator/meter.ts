import { cpuMs } from "../process-usage.ts";

/** What happened while a load was measured. */
export interface Reading {
  readonly count: number;
  readonly seconds: number;
  /** CPU time of the broker. */
  readonly cpuSeconds: number;
}

/** Begins to measure a broker's CPU time and something that is counted; gives the end of it. */
export function startMeter(pid: number, count: () => number): () => Reading {
  const startedAt = performance.now();
  const cpuAtStart = cpuMs(pid);
  const countAtStart = count();
  return () => ({
    count: count() - countAtStart,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (cpuMs(pid) - cpuAtStart) / 1000,
  });
}
