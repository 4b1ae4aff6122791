/** Windows of the averages, in seconds, with the last level of their topics. */
const WINDOWS = [
  ["1min", 60],
  ["5min", 300],
  ["15min", 900],
] as const;

/** How much there was per minute, lately. */
export interface Load {
  /** Takes what was counted since the start, at a moment in milliseconds. */
  take(count: number, atMs: number): void;
  /** The averages by their windows, as $SYS writes them: ["1min", "12.50"]. */
  readonly values: readonly (readonly [window: string, value: string])[];
}

/** Starts moving averages, at the moment 0, as mosquitto has them. */
export function createLoad(): Load {
  let last = 0;
  let lastMs = 0;
  let averages = WINDOWS.map(() => 0);
  return {
    take(count, atMs) {
      const seconds = (atMs - lastMs) / 1000;
      if (seconds <= 0) return;
      const perMinute = ((count - last) * 60) / seconds;
      averages = WINDOWS.map(([, windowS], index) => {
        const average = averages[index] ?? 0;
        return perMinute + Math.exp(-seconds / windowS) * (average - perMinute);
      });
      last = count;
      lastMs = atMs;
    },
    get values() {
      return WINDOWS.map(([window], index) => [window, (averages[index] ?? 0).toFixed(2)] as const);
    },
  };
}
