import type { Access } from "../core/types.ts";

/** Asks a second source of rules where the first leaves the answer to others. */
export function inTurn(first: Access, second: Access): Access {
  return {
    check(action, topic) {
      const decision = first.check(action, topic);
      return decision.verdict === "ignore" ? second.check(action, topic) : decision;
    },
    explain(action, topic) {
      const trials = first.explain(action, topic);
      return first.check(action, topic).verdict === "ignore" ? [...trials, ...second.explain(action, topic)] : trials;
    },
  };
}
