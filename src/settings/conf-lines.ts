import { dirname } from "node:path";
import { placeOf } from "../core/problem.ts";
import { closest } from "../core/suggest.ts";
import type { Origin, Problem } from "../core/types.ts";
import { directives, findDirective } from "./directives.ts";
import { faulty, NOTHING_YET, type Draft, type Fault, type Line, type Outcome } from "./directives/draft.ts";
import type { ConfFile, Directive, Folders } from "./types.ts";

/** Carries out the lines of conf files in their order, and those of the files they include in their place. */
export function applyConf(
  start: Draft,
  files: readonly ConfFile[],
  folders: Folders,
): { readonly draft: Draft; readonly problems: Problem[] } {
  let draft = start;
  const problems: Problem[] = [];
  for (const file of files) {
    const applied = applyFile({ ...draft, current: NOTHING_YET }, file, folders);
    draft = applied.draft;
    problems.push(...applied.problems);
  }
  return { draft: { ...draft, current: start.current }, problems };
}

function applyFile(start: Draft, file: ConfFile, folders: Folders): { draft: Draft; problems: readonly Problem[] } {
  let draft = start;
  let usedLines = 0;
  const reports: ((usedLines: number) => readonly Problem[])[] = [];
  for (const { directive, run } of inOrder(file, folders)) {
    const outcome = run(draft);
    const { isUsed, fault } = outcome;
    if (isUsed) usedLines += 1;
    if (fault !== null) reports.push((usedLines) => [problem(fault, directive.origin, usedLines)]);
    const included = applyConf(outcome.draft, file.includes.get(directive) ?? [], folders);
    draft = included.draft;
    reports.push(() => included.problems);
  }
  return { draft, problems: reports.flatMap((report) => report(usedLines)) };
}

/** The lines of a file in the order in which they count, each with what it does. */
function inOrder(
  { path, directives, emq }: ConfFile,
  folders: Folders,
): readonly { readonly directive: Directive; readonly run: (draft: Draft) => Outcome }[] {
  const base = dirname(path);
  if (emq === null) {
    return directives.map((directive) => ({
      directive,
      run: (draft) => runLine(draft, { ...directive, folders, base }),
    }));
  }
  const { texts, language } = emq;
  return language.inGroups(directives).map(({ directive, isOrphan }) => ({
    directive,
    run: (draft) => language.run(draft, { ...directive, folders, base, text: texts.get(directive) ?? null }, isOrphan),
  }));
}

function runLine(draft: Draft, line: Line): Outcome {
  const row = findDirective(line.name);
  if (row !== null) return row.run(draft, line);
  // "acl_file=rules", "acl_file:", and a space that only looks like one
  const word = /[a-z][a-z0-9_.]*/.exec(line.name)?.[0] ?? line.name;
  const isGlued = findDirective(word) !== null;
  const names = directives.map(({ name }) => name);
  const meant = isGlued ? word : closest(word, names);
  // what is glued to the name may be a password
  const what = isGlued
    ? `"${word}" does not stand by itself.`
    : `"${line.name.replace(/[=:].*$/s, "")}" is not a setting of mosquitto.conf.`;
  if (meant === null) return faulty(draft, { what, fix: "Check the spelling, or remove the line." });
  const fix = isGlued ? `Write "${meant}", a space and the value.` : `Did you mean "${meant}"?`;
  const whenMisspelt = findDirective(meant)?.whenMisspelt ?? null;
  if (whenMisspelt === null) return faulty(draft, { what, fix });
  // to leave out a line that keeps somebody out would let him in
  const { draft: closed, ...fault } = whenMisspelt(draft, line);
  return faulty(closed, { severity: "error", what, fix, ...fault });
}

/** Puts the place before a fault, and after it how much of the file counts all the same. */
function problem({ severity, what, now, fix }: Fault, origin: Origin, others: number): Problem {
  const rest = others === 0 ? "" : others === 1 ? "; the other line is used" : `; the other ${others} lines are used`;
  return {
    severity,
    what: `${placeOf(origin)}: ${what}`,
    now: `${now}${rest}.`,
    fix,
    where: origin,
  };
}
