import { placeOf, sentence } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { ConfFile, Directive } from "../settings/types.ts";

/** A line of a conf file, and what is wrong with it; nothing: it is carried out as it is written. */
export interface LineFate {
  readonly name: string;
  readonly origin: Origin;
  readonly problems: readonly Problem[];
}

/** Finds out of each line of conf files, in their order, what becomes of it. */
export function lineFates(conf: readonly ConfFile[], problems: readonly Problem[]): readonly LineFate[] {
  return conf.flatMap(directivesOf).map(({ name, origin }) => {
    return {
      name,
      origin,
      problems: problems.filter(({ where }) => where !== undefined && isSamePlace(where, origin)),
    };
  });
}

/**
 * Says of each line of conf files, in their order, what becomes of it, and then what else is wrong:
 * `ok: mosquitto.conf line 1: "listener" is carried out.` Values are left out, since some are passwords.
 */
export function carryOver(conf: readonly ConfFile[], problems: readonly Problem[]): readonly string[] {
  const lines = lineFates(conf, problems);
  const texts: string[] = [];
  const placed = new Set<Problem>();
  let carriedOut = 0;
  for (const { name, origin, problems: own } of lines) {
    if (own.length === 0) {
      carriedOut++;
      texts.push(`ok: ${placeOf(origin)}: "${name}" is carried out.`);
    }
    for (const problem of own) {
      if (!placed.has(problem)) texts.push(problemLine(problem));
      placed.add(problem);
    }
  }
  for (const problem of problems) if (!placed.has(problem)) texts.push(problemLine(problem));
  texts.push(`${carriedOut} of ${counted(lines.length, "line")} carried out as written.`);
  return texts;
}

/** A problem as the command line shows it. */
export function problemLine(problem: Problem): string {
  return `${problem.severity}: ${sentence(problem)}`;
}

/** The lines of a file, with those that an include_dir brings in behind it. */
function directivesOf({ directives, includes }: ConfFile): readonly Directive[] {
  return directives.flatMap((directive) => [directive, ...(includes.get(directive) ?? []).flatMap(directivesOf)]);
}

function isSamePlace(a: Origin, b: Origin): boolean {
  return a.file === b.file && a.line === b.line;
}
