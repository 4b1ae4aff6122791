import type { Identity } from "../../core/types.ts";
import type { Limits } from "../../settings/types.ts";
import { type Limited, longestWait, type Pace } from "./pace.ts";
import { isFull, takeOne, tokenBucket, type TokenBucket } from "./token-bucket.ts";

/** What of the limits is about how fast somebody may be. */
export type RateLimits = Pick<
  Limits,
  "maxMessageRate" | "maxByteRate" | "maxUserConnectRate" | "maxUserMessageRate" | "maxUserByteRate"
>;

/** The rates of users, which all connections of one user share. Users that pass every rule have none. */
export interface UserRates {
  /** Counts a login; false: its user has logged in too often. */
  mayConnect(identity: Identity): boolean;
  /**
   * Counts what a user sends without a connection, which cannot be slowed down; the name of a limit: it has sent too
   * much before, and this is not taken.
   */
  takeRequest(identity: Identity, messages: number, bytes: number): string | null;
  /** How fast a connection may send, with limits of its own and those of its user; null: as fast as it can. */
  paceOf(identity: Identity, limits: RateLimits): Pace | null;
}

interface UserBuckets {
  readonly connects: TokenBucket | null;
  readonly messages: TokenBucket | null;
  readonly bytes: TokenBucket | null;
}

/** Users that are remembered before those are looked for of whom nothing needs to be. */
const MANY_USERS = 1_000;

/** Starts with nobody; `limits` are those in force. */
export function createUserRates(limits: () => RateLimits, now: () => number): UserRates {
  let users = new Map<string, UserBuckets>();
  let madeFor = "";

  const bucketsOf = ({ username }: Identity): UserBuckets | null => {
    if (username === null) return null;
    const { maxUserConnectRate, maxUserMessageRate, maxUserByteRate } = limits();
    const rates = [maxUserConnectRate, maxUserMessageRate, maxUserByteRate];
    if (rates.every((rate) => rate === Infinity)) return null;
    const wanted = rates.join();
    if (wanted !== madeFor) users = new Map();
    madeFor = wanted;
    const known = users.get(username);
    if (known !== undefined) return known;
    if (users.size >= MANY_USERS) forgetIdle(users, now());
    const [connects = null, messages = null, bytes = null] = rates.map((rate) => tokenBucket(rate, now()));
    const made: UserBuckets = { connects, messages, bytes };
    users.set(username, made);
    return made;
  };

  return {
    mayConnect(identity) {
      const connects = identity.superuser ? null : (bucketsOf(identity)?.connects ?? null);
      return connects === null || takeOne(connects, now());
    },
    takeRequest(identity, messages, bytes) {
      const ofUser = identity.superuser ? null : bucketsOf(identity);
      const messageLimits = limited([["max_user_message_rate", ofUser?.messages ?? null]]);
      const byteLimits = limited([["max_user_byte_rate", ofUser?.bytes ?? null]]);
      const full = longestWait([...messageLimits, ...byteLimits], 0, now());
      if (full !== null) return full.limit.name;
      longestWait(messageLimits, messages, now());
      longestWait(byteLimits, bytes, now());
      return null;
    },
    paceOf(identity, { maxMessageRate, maxByteRate }) {
      if (identity.superuser) return null;
      const ofUser = bucketsOf(identity);
      const messages = limited([
        ["max_message_rate", tokenBucket(maxMessageRate, now())],
        ["max_user_message_rate", ofUser?.messages ?? null],
      ]);
      const bytes = limited([
        ["max_byte_rate", tokenBucket(maxByteRate, now())],
        ["max_user_byte_rate", ofUser?.bytes ?? null],
      ]);
      return messages.length === 0 && bytes.length === 0 ? null : { messages, bytes };
    },
  };
}

function limited(buckets: readonly (readonly [name: string, bucket: TokenBucket | null])[]): readonly Limited[] {
  return buckets.flatMap(([name, bucket]) => (bucket === null ? [] : [{ name, bucket }]));
}

/** A user whose buckets are full is as good as one who was never here; a connection that goes on keeps its own. */
function forgetIdle(users: Map<string, UserBuckets>, nowMs: number): void {
  for (const [username, buckets] of users) {
    const all = [buckets.connects, buckets.messages, buckets.bytes];
    if (all.every((bucket) => bucket === null || isFull(bucket, nowMs))) users.delete(username);
  }
}
