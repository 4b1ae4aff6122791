import { createHmac, randomBytes } from "node:crypto";

/** A user name and what stands for its password; never the password itself. */
export interface Login {
  readonly username: string;
  /** Keyed digest of user name and password. */
  readonly key: string;
}

/** What Home Assistant said about logins, for as long as that is worth something. */
interface LoginMemory {
  login(username: string, password: string): Login;
  remember(login: Login, answer: "yes" | "no"): void;
  /** The answer that still counts without asking; null: ask. */
  recall(login: Login): "yes" | "no" | null;
  /** Whether the last answer was a yes that may serve while nobody can be asked. */
  isGood(login: Login): boolean;
  /** Whether this user was accepted before, with another password. */
  isNewPassword(login: Login): boolean;
}

export interface MemoryLimits {
  /** How long a yes counts, give or take `acceptedJitterMs`, so that a house does not ask all at once. */
  readonly acceptedMs: number;
  readonly acceptedJitterMs: number;
  /** How long a no counts. */
  readonly refusedMs: number;
  /** How long after a yes it may still serve while nobody can be asked. */
  readonly staleMs: number;
  /** Of users accepted, and of logins refused. */
  readonly maxEntries: number;
}

interface Accepted {
  readonly key: string;
  readonly atMs: number;
  readonly freshUntilMs: number;
  /** The last answer was a no. */
  readonly isOver: boolean;
}

/**
 * Makes an empty memory. `now` is in milliseconds; a clock that is set back makes answers worth less, never more.
 * Home Assistant has one password per user, so one is kept: a newer one ends the older one.
 */
export function createLoginMemory(limits: MemoryLimits, now: () => number, random: () => number): LoginMemory {
  const secret = randomBytes(32);
  const accepted = new Map<string, Accepted>();
  const refused = new Map<string, number>();

  const acceptedLogin = ({ username, key }: Login): Accepted | null => {
    const entry = accepted.get(username);
    return entry?.key === key && !entry.isOver && entry.atMs <= now() ? entry : null;
  };

  const isRefused = ({ key }: Login): boolean => {
    const atMs = refused.get(key);
    return atMs !== undefined && atMs <= now() && now() < atMs + limits.refusedMs;
  };

  return {
    login(username, password) {
      // the length keeps "ab" + "c" and "a" + "bc" apart
      const text = `${username.length}:${username}${password}`;
      return { username, key: createHmac("sha256", secret).update(text).digest("base64") };
    },
    remember(login, answer) {
      const { username, key } = login;
      if (answer === "yes") {
        const jitterMs = limits.acceptedJitterMs * (2 * random() - 1);
        const freshUntilMs = now() + limits.acceptedMs + jitterMs;
        put(accepted, username, { key, atMs: now(), freshUntilMs, isOver: false }, limits.maxEntries);
        return;
      }
      // a password once accepted and refused now was changed: a later silence must not bring it back
      const entry = accepted.get(username);
      if (entry?.key === key) accepted.set(username, { ...entry, isOver: true });
      put(refused, key, now(), limits.maxEntries);
    },
    recall(login) {
      const entry = acceptedLogin(login);
      if (entry !== null && now() < entry.freshUntilMs) return "yes";
      return isRefused(login) ? "no" : null;
    },
    isGood(login) {
      const entry = acceptedLogin(login);
      return entry !== null && now() < entry.atMs + limits.staleMs;
    },
    isNewPassword({ username, key }) {
      const entry = accepted.get(username);
      return entry !== undefined && entry.key !== key;
    },
  };
}

/** Puts an entry last, and drops the first when there are too many. */
function put<T>(entries: Map<string, T>, key: string, value: T, maxEntries: number): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
}
