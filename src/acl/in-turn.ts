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
    ...(first.prepare === undefined && second.prepare === undefined ? {} : { prepare: prepareInTurn(first, second) }),
  };
}

/** The second need not be asked where the first decides. */
function prepareInTurn(first: Access, second: Access): NonNullable<Access["prepare"]> {
  return (action, topic) => {
    const rest = (): Promise<void> | null =>
      first.check(action, topic).verdict === "ignore" ? (second.prepare?.(action, topic) ?? null) : null;
    const asked = first.prepare?.(action, topic) ?? null;
    return asked === null ? rest() : asked.then(rest).then(() => undefined);
  };
}
