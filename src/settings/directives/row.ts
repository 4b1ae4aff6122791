import { choiceText } from "../choice.ts";
import { resolvePath, shownFolder } from "../paths.ts";
import type { FileReference } from "../types.ts";
import { faulty, used, type Draft, type Fault, type Line, type Outcome } from "./draft.ts";

/** One row of the directive table: a name of mosquitto.conf and what a line with it does. */
export interface DirectiveRow {
  /** Lower case; a "*" at the end stands for any ending. */
  readonly name: string;
  /** What becomes of its line; docs/mosquitto-conf.md says it of every row. */
  readonly fate: Fate;
  /** Whether its value is true or false. */
  readonly isBool: boolean;
  /** What a line does whose name was probably meant for this one; null: leaving it out opens nothing. */
  readonly whenMisspelt: WhenWrong | null;
  readonly run: (draft: Draft, line: Line) => Outcome;
}

/** "accepted": it asks for what happens anyway. */
export type Fate = "carried out" | "accepted" | "ignored" | "refused";

/** Carries out a line with its value, read as what the directive takes. */
export type CarryOut<T> = (draft: Draft, value: T, line: Line) => Outcome;

/** The closed form of a line whose value is wrong, or whose name is misspelt. */
export type WhenWrong = (draft: Draft, line: Line) => Pick<Outcome, "draft"> & Partial<Pick<Fault, "now" | "severity">>;

/** A row of any shape. */
export function row(name: string, run: DirectiveRow["run"]): DirectiveRow {
  return { name, fate: "carried out", isBool: false, whenMisspelt: null, run };
}

/** A line that asks for what happens anyway. */
export function accepted(name: string): DirectiveRow {
  return { ...row(name, used), fate: "accepted" };
}

/** A line that means nothing for this broker. `because` ends the sentence '"user" has no effect here: '. */
export function ignored(name: string, because: string): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) =>
    faulty(draft, { what: `"${line.name}" has no effect here: ${because}.`, fix: "Remove the line." });
  return { ...row(name, run), fate: "ignored" };
}

/** A line that is never carried out. `because` follows the name, `instead` is what to do. */
export function refused(name: string, because: string, instead: string): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => faulty(draft, { what: `"${line.name}" ${because}.`, fix: instead });
  return { ...row(name, run), fate: "refused" };
}

/** Takes exactly true, false, 1 or 0 as the next word; the rest of the line is not read. */
export function bool(name: string, carryOut: CarryOut<boolean>, whenWrong?: WhenWrong): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => {
    const value = BOOLS.get(firstWord(line.value));
    if (value !== undefined) return carryOut(draft, value, line);
    return wrongValue(draft, line, "is neither true nor false", "Write true or false.", whenWrong);
  };
  return { name, fate: "carried out", isBool: true, whenMisspelt: whenWrong ?? null, run };
}

/** Takes a decimal, 0x hexadecimal or leading-zero octal number as the next word. */
export function int(name: string, range: { min: number; max: number }, carryOut: CarryOut<number>): DirectiveRow {
  const fix = `Write a whole number from ${range.min} to ${range.max}.`;
  return row(name, (draft, line) => {
    const value = parseInteger(firstWord(line.value));
    if (value === null) return wrongValue(draft, line, "is not a whole number", fix);
    if (value < range.min) return wrongValue(draft, line, "is too low", fix);
    if (value > range.max) return wrongValue(draft, line, "is too high", fix);
    return carryOut(draft, value, line);
  });
}

/** Takes one of some words. */
export function oneOf<T extends string>(
  name: string,
  words: readonly T[],
  carryOut: CarryOut<T>,
  whenWrong?: WhenWrong,
): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => {
    const found = firstWord(line.value);
    const value = words.find((word) => word === found);
    if (value !== undefined) return carryOut(draft, value, line);
    return wrongValue(draft, line, "is not known", choiceText(found, words), whenWrong);
  };
  return { name, fate: "carried out", isBool: false, whenMisspelt: whenWrong ?? null, run };
}

/** Takes the whole rest of the line as a file's name. No name is a file that is never found: closed, like a wrong one. */
export function file(name: string, carryOut: CarryOut<FileReference>, whenMisspelt: WhenWrong | null): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => carryOut(draft, fileReference(line.value, line), line);
  return { name, fate: "carried out", isBool: false, whenMisspelt, run };
}

/** The file that a line names; a relative name starts in the folder of the conf file. */
export function fileReference(shown: string, { folders, base, origin }: Line): FileReference {
  const path = resolvePath(shown, folders, base);
  return { path, shown: shown === "" ? "(no name)" : shown, folder: shownFolder(path, folders), origin };
}

/** A file that is never found, in place of the one that a misspelt line names. */
export function missingReference(line: Line): FileReference {
  const { path } = fileReference(`${line.name} is not a setting`, line);
  return { ...fileReference(line.value, line), path };
}

/** A value that cannot be read: quoted, and the line in its closed form. */
export function wrongValue(draft: Draft, line: Line, isWhat: string, fix: string, whenWrong?: WhenWrong): Outcome {
  const what =
    line.value === "" ? `"${line.name}" has no value.` : `"${line.name} ${line.value}": ${quoted(line)} ${isWhat}.`;
  const { draft: closed, ...fault } = whenWrong?.(draft, line) ?? { draft };
  return faulty(closed, { what, fix, ...fault });
}

/** The next word of a value: blanks separate. */
export function firstWord(value: string): string {
  return wordsOf(value)[0] ?? "";
}

/** The words of a value up to one that starts a comment. */
export function wordsOf(value: string): readonly string[] {
  const words = value.split(/[ \t]+/).filter((word) => word !== "");
  const comment = words.findIndex((word) => word.startsWith("#"));
  return comment === -1 ? words : words.slice(0, comment);
}

/** A whole number as C's strtol with base 0 reads it, 32 bit; null for anything else. */
export function parseInteger(word: string): number | null {
  const match = /^(?<sign>[+-]?)(?:0x(?<hex>[0-9a-f]+)|0(?<octal>[0-7]+)|(?<decimal>0|[1-9]\d*))$/i.exec(word)?.groups;
  if (match === undefined) return null;
  const { sign, hex, octal, decimal } = match;
  const size = hex ? Number.parseInt(hex, 16) : octal ? Number.parseInt(octal, 8) : Number(decimal);
  const value = sign === "-" ? -size : size;
  return Math.abs(value) <= 0x7f_ff_ff_ff ? value : null;
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

function quoted({ value }: Line): string {
  return `"${firstWord(value)}"`;
}
