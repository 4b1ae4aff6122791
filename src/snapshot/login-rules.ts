import { inTurn } from "../acl/in-turn.ts";
import { lastWord } from "../acl/last-word.ts";
import { orderedRules } from "../acl/ordered-access.ts";
import type { Access, Identity, Policy } from "../core/types.ts";

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
      const own = identity.superuser ? null : loginAccess(identity);
      if (own === null) return rest.for(identity);
      return hasRules ? inTurn(own, rest.for(identity)) : lastWord(own);
    },
  };
}

/** What the rules say that a login brought along; null: it brought none. */
export function loginAccess(identity: Identity): Access | null {
  const rules = identity.rules ?? null;
  return rules === null ? null : orderedRules(rules)(identity);
}
