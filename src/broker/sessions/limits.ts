import { limitsFrom, NO_LIMITS_SAID } from "../../settings/limits.ts";
import type { Limits } from "../../settings/types.ts";
import type { QueueLimits } from "./delivery-queue.ts";

/** What one client and all of them together may cost. Replaced as a whole when the configuration changes. */
export interface EngineLimits extends Limits, QueueLimits {}

/** The limits of the configuration, with what it does not say. */
export function engineLimits(limits: Limits): EngineLimits {
  return { ...limits, dropPolicy: "newest", priorityOf: () => 0 };
}

/** The limits when nothing is configured. */
export const DEFAULT_LIMITS: EngineLimits = engineLimits(limitsFrom(NO_LIMITS_SAID));
