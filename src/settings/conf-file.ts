import { basename } from "node:path";
import { linesOf } from "../core/text.ts";
import type { Problem } from "../core/types.ts";
import { findDirective } from "./directives.ts";
import type { Directive } from "./types.ts";

/**
 * Splits a conf file into directives. One directive a line, `#` in the first column is a comment:
 *
 *     # the rules
 *     acl_file /share/mosquitto/accesscontrollist
 *     listener 1885 127.0.0.1
 *
 * Spelling that Mosquitto refuses without need is understood and reported once per kind. `file` is what it is called then.
 */
export function parseConf(
  path: string,
  text: string,
  file = basename(path),
): { directives: Directive[]; problems: Problem[] } {
  const directives: Directive[] = [];
  const spellings = new Map<Spelling, number>();
  for (const [index, found] of linesOf(text).entries()) {
    const line = index + 1;
    const note = (spelling: Spelling): void => {
      if (!spellings.has(spelling)) spellings.set(spelling, line);
    };
    if (index === 0 && found.startsWith("\uFEFF")) note("bom");
    const source = found.replace(/^\uFEFF/, "");
    if (source.startsWith("#")) continue;
    const parts = /^(?<before>[ \t]*)(?<name>[^ \t]+)(?<gap>[ \t]*)(?<value>.*?)(?<after>[ \t]*)$/s.exec(
      source,
    )?.groups;
    if (parts?.["name"]?.startsWith("#")) {
      note("comment");
      continue;
    }
    if (parts === undefined ? source.includes("\t") : hasTab(parts["before"], parts["gap"], parts["after"]))
      note("tab");
    if (parts?.["name"] === undefined) continue;
    const name = parts["name"].toLowerCase();
    if (name !== parts["name"]) note("name");
    const value = parts["value"] ?? "";
    const plain = findDirective(name)?.isBool === true ? value.replace(/^(true|false)\b/i, lower) : value;
    if (plain !== value) note("bool");
    directives.push({ name, value: plain, origin: { file, line } });
  }
  return { directives, problems: [...spellings].map(([spelling, line]) => spellingProblem(spelling, file, line)) };
}

/** Picks the files that mosquitto reads from a folder, in its order: 00 01 A a B b. */
export function includeDirOrder(names: readonly string[]): string[] {
  return names
    .filter((name) => name.length > ".conf".length && name.endsWith(".conf"))
    .toSorted((a, b) => compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b));
}

type Spelling = "bom" | "tab" | "comment" | "name" | "bool";

const SPELLINGS: Readonly<Record<Spelling, { readonly what: string; readonly fix: string }>> = {
  bom: { what: "the file starts with a byte order mark", fix: 'Save it as "UTF-8 without BOM"' },
  tab: { what: "a tab stands where a space belongs", fix: "Replace the tabs by spaces" },
  comment: { what: "a comment does not start in the first column", fix: 'Move "#" to the start of the line' },
  name: { what: "the name of a setting has capital letters", fix: "Write names in small letters" },
  bool: { what: "true or false has capital letters", fix: "Write it in small letters" },
};

function spellingProblem(spelling: Spelling, file: string, line: number): Problem {
  const { what, fix } = SPELLINGS[spelling];
  return {
    severity: "warning",
    what: `${file} line ${line}: ${what}, which Mosquitto would refuse.`,
    now: "It is understood here.",
    fix: `${fix} if Mosquitto is to read the file too.`,
    where: { file, line },
  };
}

function hasTab(...blanks: readonly (string | undefined)[]): boolean {
  return blanks.some((blank) => blank?.includes("\t"));
}

function lower(word: string): string {
  return word.toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
