/** Finds messages that go round: out over a bridge and in again, over and over. */
export interface LoopGuard {
  /** Notes a message; true: it has come round too often. `topic` is its name at this broker. */
  note(direction: "in" | "out", topic: string, payload: Buffer): boolean;
}

/** How long it is counted before the count begins anew. */
const WINDOW_MS = 10_000;
/**
 * Times that the same message must have gone out and come in. A device repeats itself in one direction; both at once,
 * several times a second, is a ring.
 */
const LEAST_ROUNDS = 40;
/** Messages remembered at one time. */
const MAX_KEYS = 10_000;
const COMPARED_BYTES = 64;

interface Rounds {
  in: number;
  out: number;
}

/** Makes the guard that all bridges share: the way out may be another bridge than the way in. */
export function createLoopGuard(now: () => number): LoopGuard {
  const seen = new Map<string, Rounds>();
  let startedAtMs = now();
  // two brokers that guard the same ring are not to give up both at the same round
  const limit = LEAST_ROUNDS + Math.floor(Math.random() * LEAST_ROUNDS);
  return {
    note(direction, topic, payload) {
      const nowMs = now();
      if (nowMs - startedAtMs > WINDOW_MS || seen.size > MAX_KEYS) {
        startedAtMs = nowMs;
        seen.clear();
      }
      const key = `${topic}\u0000${payload.length} ${payload.toString("latin1", 0, COMPARED_BYTES)}`;
      let rounds = seen.get(key);
      if (rounds === undefined) {
        rounds = { in: 0, out: 0 };
        seen.set(key, rounds);
      }
      rounds[direction]++;
      if (rounds.in < limit || rounds.out < limit) return false;
      seen.clear();
      return true;
    },
  };
}
