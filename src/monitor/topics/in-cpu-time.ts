/** Attempts at most: a machine that is busy with others may stop several. */
const ATTEMPTS = 8;
/** The clock of the processor and that of the wall do not start in the same moment. */
const NEARLY = 0.75;

/**
 * Runs work that is stopped when so many milliseconds have passed, by throwing. It took too long when the processor was at
 * work on it for that time; stopped because the machine did something else, it is tried again. null: it took too long, or
 * throws for another reason.
 */
export function inCpuTime<T>(work: () => T, limitMs: number, cpuMs: () => number = threadCpuMs): T | null {
  const startedMs = cpuMs();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return work();
    } catch {
      if (cpuMs() - startedMs >= limitMs * NEARLY) return null;
    }
  }
  return null;
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
