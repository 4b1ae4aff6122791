/** What is no trouble once, and is when it comes several times within a while. */
export interface Bursts {
  /** Counts it; gives all moments of a burst when it is one now, else null. */
  hit(key: string, atMs: number): readonly number[] | null;
}

/** Names come from the network; past these the one that was silent for longest is forgotten. */
const MAX_KEYS = 1_000;

/** Makes the counter of what must happen `times` within a window. */
export function createBursts(times: number, windowMs: number): Bursts {
  const seen = new Map<string, number[]>();
  return {
    hit(key, atMs) {
      const recent = (seen.get(key) ?? []).filter((ms) => ms > atMs - windowMs).slice(1 - times);
      recent.push(atMs);
      seen.delete(key);
      seen.set(key, recent);
      const [oldest] = seen.keys();
      if (seen.size > MAX_KEYS && oldest !== undefined) seen.delete(oldest);
      return recent.length >= times ? recent : null;
    },
  };
}
