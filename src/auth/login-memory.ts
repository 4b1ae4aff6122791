import { createHmac, randomBytes } from "node:crypto";

/** Whose login it is and what stands for its password; never the password itself. */
export interface Login {
  /** Who has one password at a time: a user, or a user's device. */
  readonly owner: string;
  /** Keyed digest of owner and password. */
  readonly key: string;
}

/** What a source said about logins, for as long as that is worth something. */
export interface LoginMemory<A> {
  login(owner: string, password: string | Uint8Array): Login;
  remember(login: Login, answer: A): void;
  /** The answer that still counts without asking; null: ask. */
  recall(login: Login): A | null;
  /** The last answer, if it was a yes that may serve while nobody can be asked. */
  good(login: Login): A | null;
  /** Whether this owner was accepted before, with another password. */
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
  /** Of owners accepted, and of logins refused. */
  readonly maxEntries: number;
}

export interface MemoryDeps<A> {
  readonly limits: MemoryLimits;
  readonly isYes: (answer: A) => boolean;
  /** Whether an answer is still worth anything; it may say by itself until when. */
  readonly counts: (answer: A) => boolean;
  /** In milliseconds; a clock that is set back makes answers worth less, never more. */
  readonly now: () => number;
  readonly random: () => number;
}

interface Accepted<A> {
  readonly key: string;
  readonly answer: A;
  readonly atMs: number;
  readonly freshUntilMs: number;
  /** The last answer was a no. */
  readonly isOver: boolean;
}

/** Makes an empty memory. An owner has one password, so one is kept: a newer one ends the older one. */
export function createLoginMemory<A>({ limits, isYes, counts, now, random }: MemoryDeps<A>): LoginMemory<A> {
  const secret = randomBytes(32);
  const accepted = new Map<string, Accepted<A>>();
  const refused = new Map<string, { readonly answer: A; readonly atMs: number }>();

  const acceptedLogin = ({ owner, key }: Login): Accepted<A> | null => {
    const entry = accepted.get(owner);
    return entry?.key === key && !entry.isOver && entry.atMs <= now() && counts(entry.answer) ? entry : null;
  };

  const refusal = ({ key }: Login): A | null => {
    const entry = refused.get(key);
    const isFresh = entry !== undefined && entry.atMs <= now() && now() < entry.atMs + limits.refusedMs;
    return isFresh ? entry.answer : null;
  };

  return {
    login(owner, password) {
      // the length keeps "ab" + "c" and "a" + "bc" apart
      const digest = createHmac("sha256", secret).update(`${owner.length}:${owner}`).update(password);
      return { owner, key: digest.digest("base64") };
    },
    remember(login, answer) {
      const { owner, key } = login;
      if (isYes(answer)) {
        const jitterMs = limits.acceptedJitterMs * (2 * random() - 1);
        const freshUntilMs = now() + limits.acceptedMs + jitterMs;
        put(accepted, owner, { key, answer, atMs: now(), freshUntilMs, isOver: false }, limits.maxEntries);
        return;
      }
      // a password once accepted and refused now was changed: a later silence must not bring it back
      const entry = accepted.get(owner);
      if (entry?.key === key) accepted.set(owner, { ...entry, isOver: true });
      put(refused, key, { answer, atMs: now() }, limits.maxEntries);
    },
    recall(login) {
      const entry = acceptedLogin(login);
      if (entry !== null && now() < entry.freshUntilMs) return entry.answer;
      return refusal(login);
    },
    good(login) {
      const entry = acceptedLogin(login);
      return entry !== null && now() < entry.atMs + limits.staleMs ? entry.answer : null;
    },
    isNewPassword({ owner, key }) {
      const entry = accepted.get(owner);
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
