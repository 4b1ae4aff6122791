import { getHeapStatistics } from "node:v8";
import type { Logger } from "../core/logger.ts";
import { megabytes } from "./megabytes.ts";

export interface MemoryWatchDeps {
  /** Infinity: what the process can bear. */
  readonly limitBytes: () => number;
  readonly log: Logger;
  /** Called when the memory in use crosses the limit. */
  readonly changed: (isFull: boolean) => void;
}

/** Looks at the memory in use now and then, so that no packet has to. */
export interface MemoryWatch {
  /** Looks at once: the limit may have changed. */
  look(): void;
  stop(): void;
}

const INTERVAL_MS = 1_000;
/** What Node gives the heap is not used up: at its end the process would be killed. */
const SHARE_OF_HEAP = 0.8;
/** Below this share of the limit memory counts as free again, so that it does not flicker. */
const FREE_AGAIN = 0.9;

/** Starts looking. */
export function createMemoryWatch({ limitBytes, log, changed }: MemoryWatchDeps): MemoryWatch {
  const bearable = getHeapStatistics().heap_size_limit * SHARE_OF_HEAP;
  let isFull = false;

  const look = (): void => {
    const { heapUsed, external } = process.memoryUsage();
    const used = heapUsed + external;
    const limit = Math.min(limitBytes(), bearable);
    const wasFull = isFull;
    isFull = used > (wasFull ? limit * FREE_AGAIN : limit);
    if (isFull === wasFull) return;
    changed(isFull);
    if (isFull) log.warn({ used, limit }, above(used, limit));
    else log.notice({ used, limit }, "Memory is below its limit again: messages are queued and retained as before.");
  };
  const timer = setInterval(look, INTERVAL_MS).unref();
  return { look, stop: () => clearInterval(timer) };
}

function above(used: number, limit: number): string {
  return (
    `${megabytes(used)} of memory are in use, and the limit is ${megabytes(limit)} (memory_limit). ` +
    "Nothing more is queued or retained, and no new session begins. " +
    "Find out which devices are away and have full queues, lower max_queued_bytes, or raise the limit."
  );
}
