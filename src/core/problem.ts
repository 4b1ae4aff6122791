import type { Origin, Problem } from "./types.ts";

/** Composes the one text of a problem that log, panel and `culex check` show. */
export function sentence(problem: Problem): string {
  return `${problem.what} ${problem.now} ${problem.fix}`;
}

/** Tells whether two problems read the same, so that a reload does not repeat what was said before. */
export function sameProblem(a: Problem, b: Problem): boolean {
  return a.severity === b.severity && sentence(a) === sentence(b);
}

/** Names a place in a sentence: "acl.conf line 6", "auth.yaml line 6:3", and "options.json" where no line is known. */
export function placeOf({ file, line, column }: Origin): string {
  if (line === undefined) return file;
  return column === undefined ? `${file} line ${line}` : `${file} line ${line}:${column}`;
}
