import type { CacheTerms } from "../core/stage-terms.ts";
import type { GuardLimits } from "./guard.ts";

/** Questions at a time: a pool of connections behind it may have its own queue, this one is bounded. */
const SLOTS = 16;
const PLACES = 10_000;

/** How a stage of auth.yaml that is asked over a network is spared. */
export function stageLimits({ acceptedMs, refusedMs, staleMs }: CacheTerms): GuardLimits {
  return {
    acceptedMs,
    acceptedJitterMs: acceptedMs / 10,
    refusedMs,
    staleMs,
    maxEntries: 10_000,
    breaker: { failures: 5, openMs: 5000, maxOpenMs: 60_000 },
    slots: SLOTS,
    places: PLACES,
    retryMs: null,
    patienceMs: 1500,
  };
}
