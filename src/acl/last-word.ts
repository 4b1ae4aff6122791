import { deny } from "../core/reasons.ts";
import type { Access } from "../core/types.ts";

/** Makes a no of what an access leaves to others: there are none. */
export function lastWord(access: Access): Access {
  return {
    check(action, topic) {
      const decision = access.check(action, topic);
      return decision.verdict === "ignore" ? deny(decision.by, decision.reason) : decision;
    },
    explain: access.explain,
    ...(access.prepare !== undefined && { prepare: access.prepare }),
  };
}
