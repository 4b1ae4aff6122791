import { inTurn } from "../acl/in-turn.ts";
import { lastWord } from "../acl/last-word.ts";
import { orderedRules } from "../acl/ordered-access.ts";
import type { Policy } from "../core/types.ts";

interface Others {
  /** What decides for a login without rules. */
  readonly rest: Policy;
  /** Whether that has rules of its own. If not, what the rules of a login do not allow is denied. */
  readonly hasRules: boolean;
}

/** Asks the rules that a login brought along before all others: a token says what its bearer may do. */
export function loginRules({ rest, hasRules }: Others): Policy {
  return {
    for(identity) {
      const rules = identity.rules ?? null;
      if (rules === null || identity.superuser) return rest.for(identity);
      const own = orderedRules(rules)(identity);
      return hasRules ? inTurn(own, rest.for(identity)) : lastWord(own);
    },
  };
}
