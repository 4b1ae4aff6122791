import { closest } from "../../core/suggest.ts";
import { filterFault } from "../../core/topic.ts";
import type { Action } from "../../core/types.ts";
import { listed } from "../../core/words.ts";

/** What one line of an ACL file says. */
type AclLine =
  | { readonly kind: "blank" }
  | { readonly kind: "comment"; readonly indented: boolean }
  | { readonly kind: "user"; readonly name: string; readonly hasTabs: boolean }
  | RuleLine
  /** Why the line cannot be used and what to do, each a sentence; `word` is its first word. */
  | { readonly kind: "fault"; readonly word: string; readonly what: string; readonly fix: string };

export interface RuleLine {
  readonly kind: "rule";
  readonly word: "topic" | "pattern";
  /** As written; null where the line has none, which means "readwrite". */
  readonly access: AccessWord | null;
  readonly filter: string;
  /** Mosquitto takes spaces only between the words. */
  readonly hasTabs: boolean;
}

type AccessWord = "read" | "write" | "readwrite" | "deny";

/** What each access word is about. A denial in this format is never about SUBSCRIBE itself. */
export const ACTIONS: Readonly<Record<AccessWord, readonly Action[]>> = {
  read: ["receive"],
  write: ["publish"],
  readwrite: ["publish", "receive"],
  deny: ["publish", "receive"],
};

const ACCESS_WORDS: readonly AccessWord[] = ["read", "write", "readwrite", "deny"];
/** The access word that a filter is, or is nearly: letters only, the first one right. null: it is a filter. */
export function accessMeantBy(filter: string): AccessWord | null {
  const name = closest(filter, ACCESS_WORDS);
  const meant = ACCESS_WORDS.find((word) => word === name);
  const isNear = meant !== undefined && /^[a-z]+$/i.test(filter) && filter[0]?.toLowerCase() === meant[0];
  return isNear ? meant : null;
}

const LINE_WORDS = ["topic", "user", "pattern"];

/** Levels of a filter; more are refused by Mosquitto as well. */
const MAX_LEVELS = 200;

/** Characters of a user's text that a message repeats. */
const MAX_QUOTED = 60;

/** Reads one line. Lenient where Mosquitto is not: tabs separate words, and a comment may be indented. */
export function parseAclLine(line: string): AclLine {
  const trimmed = line.trim();
  if (trimmed === "") return { kind: "blank" };
  if (trimmed.startsWith("#")) return { kind: "comment", indented: !line.startsWith("#") };
  const [word, rest] = splitWord(trimmed);
  // the rest ends the line: what stands before it is the words and what separates them
  const hasTabs = (end: string): boolean => line.trimEnd().slice(0, -end.length).includes("\t");
  switch (word) {
    case "user":
      return rest === "" ? missingName() : { kind: "user", name: rest, hasTabs: hasTabs(rest) };
    case "topic":
    case "pattern":
      return parseRule(word, rest, hasTabs);
    default:
      return unknownWord(word);
  }
}

function parseRule(word: "topic" | "pattern", rest: string, hasTabs: (end: string) => boolean): AclLine {
  if (rest === "") {
    return { kind: "fault", word, what: `"${word}" has no filter.`, fix: `Write "${word} read home/#", for example.` };
  }
  const [first, last] = splitWord(rest);
  // a single word is the filter, even if it reads "deny"
  if (last === "") return checkRule({ kind: "rule", word, access: null, filter: rest, hasTabs: hasTabs(rest) });
  const access = ACCESS_WORDS.find((candidate) => candidate === first);
  if (access === undefined) return unknownAccess(word, first);
  return checkRule({ kind: "rule", word, access, filter: last, hasTabs: hasTabs(last) });
}

function checkRule(rule: RuleLine): AclLine {
  const { word, filter } = rule;
  const hasTooManyLevels = filter.split("/").length > MAX_LEVELS;
  const fault = filterFault(filter) ?? (hasTooManyLevels ? `it has more than ${MAX_LEVELS} levels` : null);
  if (fault === null) return rule;
  const what = `"${shorten(filter)}" is not a topic filter: ${fault}.`;
  // " #" can only be meant as a comment: in a filter "#" has a level of its own
  const fix = /\s#/.test(filter)
    ? "Put the comment on a line of its own."
    : 'Correct the filter: "+" stands for one level, "#" for all that follow, as in home/+/state or home/#.';
  return { kind: "fault", word, what, fix };
}

function missingName(): AclLine {
  return { kind: "fault", word: "user", what: '"user" has no name.', fix: 'Write "user meter", for example.' };
}

function unknownAccess(word: string, access: string): AclLine {
  const meant = closest(access, ACCESS_WORDS);
  const fix =
    meant === null
      ? `Use ${listed(ACCESS_WORDS, "or")}; a filter with spaces needs one of them in front.`
      : `Did you mean "${meant}"? (${ACCESS_WORDS.join(", ")})`;
  return { kind: "fault", word, what: `"${shorten(access)}" is not an access type.`, fix };
}

function unknownWord(word: string): AclLine {
  const meant = closest(word.replace(/:.*$/s, ""), LINE_WORDS);
  const fix =
    meant === null
      ? `Begin the line with ${listed(LINE_WORDS, "or")}, or with "#" if it is a comment.`
      : `Did you mean "${meant}"? (${LINE_WORDS.join(", ")})`;
  return { kind: "fault", word, what: `a line cannot begin with "${shorten(withoutSecret(word))}".`, fix };
}

/** A password file that is named as ACL file must not end up in the log: "alice:$7$101$..." becomes "alice:…". */
function withoutSecret(word: string): string {
  return word.replace(/:.+$/s, ":…");
}

function shorten(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}

/** Splits off the first word: "read home/#" is "read" and "home/#". */
function splitWord(text: string): readonly [word: string, rest: string] {
  const end = text.search(/[ \t]/);
  return end === -1 ? [text, ""] : [text.slice(0, end), text.slice(end).trim()];
}
