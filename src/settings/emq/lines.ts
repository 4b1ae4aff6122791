import { closest } from "../../core/suggest.ts";
import { faulty, swallowed, type Draft, type EmqLine, type Outcome } from "../directives/draft.ts";
import type { Directive } from "../types.ts";
import { emqRows, findEmqRow } from "./table.ts";

/** A line, and whether it belongs to a listener that no line of the file opens. */
interface OrderedLine {
  readonly directive: Directive;
  readonly isOrphan: boolean;
}

const LISTENER = /^listener\.[^.]+\.[^.]+/;

/** Puts the lines of a listener behind the one that opens it, which in EMQ may stand anywhere. */
export function inGroups(directives: readonly Directive[]): readonly OrderedLine[] {
  const groups = new Map<string, Directive[]>();
  for (const directive of directives) {
    const [group = directive.name] = LISTENER.exec(directive.name) ?? [];
    const lines = groups.get(group) ?? [];
    groups.set(group, directive.name === group ? [directive, ...lines] : [...lines, directive]);
  }
  return [...groups].flatMap(([group, lines]) => {
    const isOrphan = lines[0]?.name !== group;
    return lines.map((directive) => ({ directive, isOrphan }));
  });
}

/** Carries out one line of a conf file of EMQ. */
export function runEmq(draft: Draft, line: EmqLine, isOrphan: boolean): Outcome {
  const seen: Draft = draft.emq.file === null ? { ...draft, emq: { ...draft.emq, file: line.origin.file } } : draft;
  const [group = null] = LISTENER.exec(line.name) ?? [];
  if (group !== null && isOrphan) return orphan(seen, line, group);
  if (group !== null && group !== line.name && seen.current.listener === "refused") return swallowed(seen);
  return findEmqRow(line.name)?.run(seen, line) ?? unknown(seen, line);
}

function orphan(draft: Draft, { name }: EmqLine, group: string): Outcome {
  return faulty(draft, {
    what: `"${name}" is about a listener that no line of this file opens.`,
    fix: `Add "${group} = <port>", or remove the line.`,
  });
}

function unknown(draft: Draft, line: EmqLine): Outcome {
  const { name } = line;
  const what = `"${name}" is not a name of EMQ 2.`;
  const meant = meantBy(name);
  // the lines of a listener of an unknown kind say nothing more
  const next: Draft = LISTENER.exec(name)?.[0] === name ? refusing(draft) : draft;
  if (meant === null) return faulty(next, { what, fix: "Check the spelling, or remove the line." });
  const { draft: closed, ...fault } = findEmqRow(meant)?.whenMisspelt?.(next, line) ?? { draft: next };
  // to leave out a line that keeps somebody out would let him in
  return faulty(closed, { what, fix: `Did you mean "${meant}"?`, severity: "error", ...fault });
}

function refusing(draft: Draft): Draft {
  return { ...draft, namesListener: true, current: { ...draft.current, listener: "refused" } };
}

/** EMQ 3 left out the first word of some names: "acl_file". */
function meantBy(name: string): string | null {
  if (findEmqRow(`mqtt.${name}`) !== null) return `mqtt.${name}`;
  const words = name.split(".");
  const names = emqRows.flatMap(({ name: known }) => {
    const pattern = known.split(".");
    if (pattern.length !== words.length || pattern.includes("**")) return [];
    return [pattern.map((word, index) => (word === "*" ? (words[index] ?? word) : word)).join(".")];
  });
  return closest(name, names);
}
