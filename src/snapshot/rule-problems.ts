import { placeOf } from "../core/problem.ts";
import type { Authenticator, Problem } from "../core/types.ts";
import type { StageSettings } from "../settings/types.ts";

/** Says which stages of auth.yaml cannot be the source of rules that they are meant to be. */
export function ruleProblems(
  auth: readonly StageSettings[],
  stages: readonly Authenticator[],
  named: readonly string[] | null,
): readonly Problem[] {
  return auth.flatMap(({ type, written }): readonly Problem[] => {
    const stage = stages.find(({ name }) => name === written?.terms.id);
    if (written === undefined || stage === undefined) return [];
    const where = written.placeOf("");
    const isNamed = named?.includes(stage.name) === true;
    if (stage.rights !== undefined || stage.answers !== undefined) return [];
    if (!isNamed) return [];
    return [
      {
        severity: "warning",
        what: `${placeOf(where)}: acl.sources names "${stage.name}", and a stage of type ${type} as it is configured here has no rules.`,
        now: "It is left out.",
        fix: `Configure its rules, or take "${stage.name}" out of acl.sources.`,
        where,
      },
    ];
  });
}
