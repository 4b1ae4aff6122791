import { faulty, used, type Draft, type EmqLine, type Outcome } from "../directives/draft.ts";
import { ignored } from "../directives/row.ts";
import { plugins } from "./plugins.ts";
import { emqRow, type EmqRow } from "./row.ts";

/** Names of EMQ's plugins for logins and rules. What they say together is seen when all files are read. */
export const authRows: readonly EmqRow[] = [
  ...plugins.flatMap(({ prefix, keys, unused }) => [
    ...unused.map(({ key, because }) => ignored(`${prefix}.${key}`, because)),
    ...keys.map((key) => emqRow(`${prefix}.${key}`, collected)),
  ]),
  emqRow("auth.**", foreign),
];

function collected(draft: Draft, line: EmqLine): Outcome {
  return used({ ...draft, emq: { ...draft.emq, auth: [...draft.emq.auth, line] } });
}

/** A misspelt name may be the one that keeps somebody out, and so may a plugin that there is not. */
function foreign(draft: Draft, line: EmqLine): Outcome {
  if (plugins.some(({ prefix }) => line.name.startsWith(`${prefix}.`))) return collected(draft, line);
  const { name, origin } = line;
  return faulty(
    { ...draft, anonymousVeto: draft.anonymousVeto ?? { line: name, origin } },
    {
      severity: "error",
      what: `"${name}" is of no plugin that is known here.`,
      fix: "Check the spelling, or remove it.",
    },
  );
}
