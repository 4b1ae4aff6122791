import { limitsFrom, NO_LIMITS_SAID } from "../../settings/limits.ts";
import type { Limits } from "../../settings/types.ts";

/** What one client and all of them together may cost. Replaced as a whole when the configuration changes. */
export type EngineLimits = Limits;

/** The limits when nothing is configured. */
export const DEFAULT_LIMITS: EngineLimits = limitsFrom(NO_LIMITS_SAID);
