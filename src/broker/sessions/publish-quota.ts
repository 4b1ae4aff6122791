/** What a client may still publish; refills all the time. */
export interface PublishQuota {
  readonly perSecond: number;
  left: number;
  atMs: number;
}

/** Starts with the messages of one second, but never less than one. null: there is no limit. */
export function publishQuota(perSecond: number | null, nowMs: number): PublishQuota | null {
  return perSecond === null ? null : { perSecond, left: Math.max(1, perSecond), atMs: nowMs };
}

/** Takes one message out of it; false when nothing is left. */
export function takeOne(quota: PublishQuota, nowMs: number): boolean {
  // a clock that was set back refills nothing
  const refill = (Math.max(0, nowMs - quota.atMs) * quota.perSecond) / 1000;
  quota.left = Math.min(Math.max(1, quota.perSecond), quota.left + refill);
  quota.atMs = nowMs;
  if (quota.left < 1) return false;
  quota.left -= 1;
  return true;
}
