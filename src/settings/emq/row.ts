import { findDirective } from "../directives.ts";
import type { DirectiveRow, WhenWrong } from "../directives/row.ts";
import { faulty, type Draft, type EmqLine, type Outcome } from "../directives/draft.ts";

/** One row of the table of EMQ's names, and what a line with it does. */
export interface EmqRow extends Pick<DirectiveRow, "fate" | "whenMisspelt"> {
  /** Words between dots; "*" stands for any word, "**" at the end for all that follow: "listener.tcp.*.max_clients". */
  readonly name: string;
  readonly run: (draft: Draft, line: EmqLine) => Outcome;
}

interface Reading {
  /** Gives the value in Mosquitto's words; null: it cannot be read. Missing: it is the same. */
  readonly read?: (value: string) => string | null;
  /** What to write, for a value that cannot be read: "Write on or off." */
  readonly fix?: string;
}

/** A line that means what a directive of mosquitto.conf means. */
export function like(name: string, directive: string, { read = same, fix = "Correct it." }: Reading = {}): EmqRow {
  const row = findDirective(directive);
  const whenMisspelt = row?.whenMisspelt ?? null;
  const run: EmqRow["run"] = (draft, line) => {
    const value = line.value === "" ? null : read(line.value);
    if (value === null || row === null) return unreadable(draft, line, fix, whenMisspelt);
    return row.run(draft, { ...line, value });
  };
  return { name, fate: "carried out", whenMisspelt, run };
}

/** A row of any shape. */
export function emqRow(name: string, run: EmqRow["run"], whenMisspelt: WhenWrong | null = null): EmqRow {
  return { name, fate: "carried out", whenMisspelt, run };
}

/** A value that cannot be read, and the line in its closed form. */
export function unreadable(draft: Draft, line: EmqLine, fix: string, whenWrong: WhenWrong | null): Outcome {
  const { name, value } = line;
  const what = value === "" ? `"${name}" has no value.` : `"${name} = ${value}" is not understood.`;
  const { draft: closed, ...fault } = whenWrong?.(draft, line) ?? { draft };
  return faulty(closed, { what, fix, ...fault });
}

function same(value: string): string {
  return value;
}
