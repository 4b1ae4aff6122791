import { placeOf } from "../../core/problem.ts";
import type { Origin } from "../../core/types.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { EmqLine } from "../directives/draft.ts";
import type { StageFault } from "../types.ts";
import { flagOf } from "./values.ts";

/** A plugin of EMQ for logins, and the stage that its lines become. */
export interface Plugin {
  /** Begins its names: "auth.mysql". */
  readonly prefix: string;
  /** As auth.yaml calls the stage. */
  readonly type: string;
  /** What follows the prefix; "*" stands for any word, "**" at the end for any words. */
  readonly keys: readonly string[];
  /** Those that mean nothing here, and why. */
  readonly unused: readonly { readonly key: string; readonly because: string }[];
  /** Whether it answers from memory. */
  readonly isList: boolean;
  readonly make: (lines: PluginLines) => PluginStage;
}

export interface PluginStage {
  /** As auth.yaml would have them. */
  readonly settings: RawObject;
  /** Which line each of them is from, by its name. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** Whether it is a source of rules. */
  readonly hasRules: boolean;
  readonly timeoutMs: number;
}

/** Reads the lines of one plugin. A value that cannot be read is reported, and keeps the stage from being used. */
export interface PluginLines {
  /** All of them, by what follows the prefix. */
  readonly all: ReadonlyMap<string, EmqLine>;
  readonly faults: readonly StageFault[];
  readonly notes: readonly Note[];
  /** The value; null: no such line, or nothing behind its "=". */
  text(key: string): string | null;
  /** The same for a line that cannot be missing. */
  required(key: string): string | null;
  /** The same for one that has a value in EMQ where it is left empty; that one is used and named. */
  orElse(key: string, usual: string): string | null;
  count(key: string): number | null;
  flag(key: string): boolean | null;
  /** The text of the file that it names. */
  file(key: string): string | null;
  fail(key: string, what: string, fix: string): void;
  /** Says that something is not as it was in EMQ; the stage is used. */
  note(key: string, what: string, now: string, fix: string): void;
  originOf(key: string): Origin;
}

/** A warning about a line. */
export interface Note extends StageFault {
  readonly now: string;
}

/** Makes the reader of one plugin's lines; there is at least one. */
export function readLines(prefix: string, lines: readonly EmqLine[]): PluginLines {
  const all = new Map(lines.map((line) => [line.name.slice(prefix.length + 1), line]));
  const faults: StageFault[] = [];
  const notes = lines.flatMap((line): readonly Note[] => {
    const last = lines.findLast(({ name }) => name === line.name);
    return last === undefined || last === line ? [] : [overruled(line, last.origin)];
  });
  const first: Origin = lines[0]?.origin ?? { file: "" };
  const originOf = (key: string): Origin => all.get(key)?.origin ?? first;
  const fail = (key: string, what: string, fix: string): void => void faults.push({ where: originOf(key), what, fix });
  const text = (key: string): string | null => all.get(key)?.value || null;
  const note: PluginLines["note"] = (key, what, now, fix) => void notes.push({ where: originOf(key), what, now, fix });
  return {
    all,
    faults,
    notes,
    text,
    originOf,
    fail,
    note,
    required(key) {
      const value = text(key);
      if (value === null) fail(key, `"${prefix}.${key}" is missing or has no value`, `Add "${prefix}.${key} = ...".`);
      return value;
    },
    orElse(key, usual) {
      const value = text(key);
      if (value !== null || !all.has(key)) return value;
      note(key, `"${prefix}.${key}" has no value.`, `EMQ's own is used, "${usual}".`, "Write it behind the =.");
      return usual;
    },
    count(key) {
      const value = text(key);
      if (value === null) return null;
      if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
      fail(key, `"${prefix}.${key} = ${value}" is no whole number from 1`, "Write a number.");
      return null;
    },
    flag(key) {
      const value = text(key);
      const flag = value === null ? null : flagOf(value);
      if (value !== null && flag === null) {
        fail(key, `"${prefix}.${key} = ${value}" is neither true nor false`, "Write true or false.");
      }
      return flag;
    },
    file(key) {
      const line = all.get(key);
      if (line === undefined) return null;
      if (line.text === null) {
        fail(key, `the file "${line.value}" cannot be read`, "Create it, or correct its name.");
      }
      return line.text;
    },
  };
}

function overruled({ name, origin: where }: EmqLine, by: Origin): Note {
  return {
    where,
    what: `"${name}" stands once more in ${placeOf(by)}.`,
    now: "The last one counts.",
    fix: "Remove one of the two, or give it another number.",
  };
}

/** Whether a line names a file whose text is wanted, by its name. */
export function namesFile(name: string): boolean {
  return /^auth\..*\.(?:ca)?(?:certfile|keyfile)$/.test(name);
}

/** Settings without those that no line gives. */
export function present(settings: Readonly<Record<string, unknown>>): RawObject {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

/** Which line each setting is from. */
export function originsOf({ originOf }: PluginLines, keys: Readonly<Record<string, string>>): PluginStage["origins"] {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, originOf(key)]));
}

/** Usual length of one question. */
export const TIMEOUT_MS = 5000;
