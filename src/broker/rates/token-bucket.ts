/** What may still be done at some rate: messages, bytes, connections. Refills all the time. */
export interface TokenBucket {
  readonly perSecond: number;
  /** Below 0: so much was done too early. */
  left: number;
  atMs: number;
}

/** Starts with what one second brings, but never with less than one. null or Infinity: there is no limit. */
export function tokenBucket(perSecond: number | null, nowMs: number): TokenBucket | null {
  return perSecond === null || perSecond === Infinity ? null : { perSecond, left: size(perSecond), atMs: nowMs };
}

/** Takes one out of it; false when nothing is left. */
export function takeOne(bucket: TokenBucket, nowMs: number): boolean {
  refill(bucket, nowMs);
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

/** Takes what was done already, be it more than is left; gives the milliseconds until that is made up for. */
export function spend(bucket: TokenBucket, amount: number, nowMs: number): number {
  refill(bucket, nowMs);
  bucket.left -= amount;
  return bucket.left >= 0 ? 0 : Math.ceil((-bucket.left * 1000) / bucket.perSecond);
}

/** Whether it holds as much as it can: nobody took anything out of it lately. */
export function isFull(bucket: TokenBucket, nowMs: number): boolean {
  refill(bucket, nowMs);
  return bucket.left >= size(bucket.perSecond);
}

function refill(bucket: TokenBucket, nowMs: number): void {
  // a clock that was set back refills nothing
  const more = (Math.max(0, nowMs - bucket.atMs) * bucket.perSecond) / 1000;
  bucket.left = Math.min(size(bucket.perSecond), bucket.left + more);
  bucket.atMs = nowMs;
}

function size(perSecond: number): number {
  return Math.max(1, perSecond);
}
