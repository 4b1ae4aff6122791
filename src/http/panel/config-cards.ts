import { createHash } from "node:crypto";
import type { ProblemInfo } from "../../core/api/problems.ts";
import { sentence } from "../../core/problem.ts";
import type { Problem } from "../../core/types.ts";

/** Faults in files of the user as cards, the errors first. `sinceMs` is when their moment was read. */
export function configCards(problems: readonly Problem[], sinceMs: number): readonly ProblemInfo[] {
  const since = new Date(sinceMs).toISOString();
  return problems
    .toSorted((a, b) => rank(a) - rank(b))
    .map((problem) => {
      const { severity, what, now, fix, where } = problem;
      return {
        id: `config-${createHash("sha256").update(sentence(problem)).digest("base64url").slice(0, 12)}`,
        kind: "config",
        severity,
        subject: where?.file ?? "configuration",
        user: null,
        ips: [],
        count: 1,
        first: since,
        last: since,
        reason: { kind: "config", sentence: `${what} ${now}`, hint: fix, ...(where === undefined ? {} : { where }) },
        action: { label: "show_config", route: "#/system/config" },
      };
    });
}

function rank({ severity }: Problem): number {
  return severity === "error" ? 0 : 1;
}
