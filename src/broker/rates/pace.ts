import { spend, type TokenBucket } from "./token-bucket.ts";

/** How fast one connection may send; what it shares with others of its user included. Never empty. */
export interface Pace {
  readonly messages: readonly Limited[];
  readonly bytes: readonly Limited[];
}

/** A bucket, and the limit that filled it: "max_message_rate". */
export interface Limited {
  readonly bucket: TokenBucket;
  readonly name: string;
}

/** A wait, and whose limit it is for. */
export interface Wait {
  readonly ms: number;
  readonly limit: Limited;
}

/** Takes `amount` out of all of them; gives the longest wait until it is made up for, null: there is none. */
export function longestWait(limits: readonly Limited[], amount: number, nowMs: number): Wait | null {
  let longest: Wait | null = null;
  for (const limit of limits) {
    const ms = spend(limit.bucket, amount, nowMs);
    if (ms > (longest?.ms ?? 0)) longest = { ms, limit };
  }
  return longest;
}
