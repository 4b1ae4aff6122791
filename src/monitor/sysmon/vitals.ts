import {
  constants,
  monitorEventLoopDelay,
  performance,
  type PerformanceEntry,
  PerformanceObserver,
} from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** How the process fared since the last question. */
export interface Vitals {
  /** The longest garbage collection; null: there was none. */
  readonly gc: { readonly ms: number; readonly kind: string } | null;
  /** The longest that anything waited for its turn, when that was too long; null: nothing did. */
  readonly delayMs: number | null;
}

/** Measures the process, which costs a little as long as it lasts. */
export interface VitalsWatch {
  /** Gives what was since the last time, and begins anew. `longMs` is from where on a wait is too long. */
  take(longMs: number): Vitals;
  stop(): void;
}

const RESOLUTION_MS = 20;

const GC_KINDS: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weak callbacks"],
]);

/** Begins to measure. */
export function watchVitals(): VitalsWatch {
  let gc: Vitals["gc"] = null;
  const note = (entries: readonly PerformanceEntry[]): void => {
    for (const entry of entries) {
      if (entry.duration > (gc?.ms ?? 0)) gc = { ms: entry.duration, kind: kindOf(entry) };
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return {
    take(longMs) {
      note(observer.takeRecords());
      // what is measured is the time between two looks, which is never shorter than what it is set to
      const longestMs = delays.max / 1e6 - RESOLUTION_MS;
      const isLong = longestMs > longMs;
      // after a reset it is blind until its next look, so it is not done without need
      if (isLong) delays.reset();
      const vitals = { gc, delayMs: isLong ? longestMs : null };
      gc = null;
      return vitals;
    },
    stop() {
      observer.disconnect();
      delays.disable();
    },
  };
}

function kindOf(entry: PerformanceEntry): string {
  // that of a garbage collection has it, which its type does not say
  const detail: unknown = "detail" in entry ? entry.detail : null;
  const kind = typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : null;
  return GC_KINDS.get(kind) ?? "other";
}

/** Makes the question in which share of the time since it was last asked the event loop was at work; it costs nothing. */
export function createWorkShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** The heap of the process, and the most that it may take. */
export function heapNow(): { readonly used: number; readonly limit: number } {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return { used, limit };
}
