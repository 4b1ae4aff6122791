/** A bounded memory of keys seen in the last minutes. */
interface Recent {
  has(key: string): boolean;
  add(key: string): void;
}

const KEEP_MS = 300_000;
const MAX_KEYS = 1000;

/** Makes a memory of the newest thousand keys, each kept for five minutes. */
export function createRecent(now: () => number): Recent {
  const addedAtMs = new Map<string, number>();

  return {
    has(key) {
      const addedAt = addedAtMs.get(key);
      if (addedAt === undefined) return false;
      const age = now() - addedAt;
      // a clock that was set back must not lengthen a life
      if (age >= 0 && age < KEEP_MS) return true;
      addedAtMs.delete(key);
      return false;
    },

    add(key) {
      addedAtMs.delete(key);
      addedAtMs.set(key, now());
      const [oldest] = addedAtMs.keys();
      if (addedAtMs.size > MAX_KEYS && oldest !== undefined) addedAtMs.delete(oldest);
    },
  };
}
