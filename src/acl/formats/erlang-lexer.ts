/** A word of an Erlang file and where it stands; lines and columns start with 1. */
export interface ErlangToken extends ErlangPlace {
  /** "end" is the full stop behind a rule. */
  readonly kind: "atom" | "string" | "integer" | "sign" | "end";
  /** What it means: of a string and a quoted atom without quotes and escapes. */
  readonly text: string;
  /** Where it stands in the text, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
}

export interface ErlangPlace {
  readonly line: number;
  readonly column: number;
}

/** Text that is no word of Erlang as rules use it; `what` and `fix` are sentences of a problem. */
export class ErlangFault extends Error {
  override readonly name = "ErlangFault";
  readonly place: ErlangPlace;
  readonly fix: string;
  constructor(what: string, fix: string, place: ErlangPlace) {
    super(what);
    this.place = place;
    this.fix = fix;
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["s", " "],
  ["e", "\u001B"],
  ["d", "\u007F"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
]);

/**
 * Splits the text of an acl.conf into its words: `{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.` Comments begin
 * with % and are left out.
 * @throws ErlangFault at the first thing that is no word, when it is reached.
 */
export function* erlangTokens(text: string): Generator<ErlangToken, void> {
  const lines = lineStarts(text);
  const placeOf = (at: number): ErlangPlace => {
    const line = lines.findLastIndex((start) => start <= at);
    return { line: line + 1, column: at - (lines[line] ?? 0) + 1 };
  };
  const words =
    /(?<blank>[\s\u{FEFF}]+|%[^\n]*)|(?<end>\.(?=[\s%]|$))|(?<sign><<|>>|[{}[\],/])|(?<atom>[a-z][A-Za-z0-9_@]*)|(?<integer>\d+(?![\d.]*[A-Za-z_#]|\.\d))|(?<quote>["'])/uy;
  let at = 0;
  while (at < text.length) {
    words.lastIndex = at;
    const found = words.exec(text);
    const place = placeOf(at);
    if (found === null) throw notAWord(text, at, place);
    const { blank, end, sign, atom, integer } = found.groups ?? {};
    const from = at;
    at = words.lastIndex;
    if (blank !== undefined) continue;
    if (end !== undefined) yield { kind: "end", text: ".", from, to: at, ...place };
    else if (sign !== undefined) yield { kind: "sign", text: sign, from, to: at, ...place };
    else if (atom !== undefined) yield { kind: "atom", text: atom, from, to: at, ...place };
    else if (integer !== undefined) yield { kind: "integer", text: integer, from, to: at, ...place };
    else {
      const quoted = readQuoted(text, from, place);
      at = quoted.to;
      yield { kind: text[from] === '"' ? "string" : "atom", text: quoted.value, from, to: at, ...place };
    }
  }
}

function readQuoted(text: string, from: number, place: ErlangPlace): { readonly value: string; readonly to: number } {
  const quote = text[from] ?? "";
  let value = "";
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === quote) return { value, to: at + 1 };
    if (character !== "\\") {
      value += character;
      continue;
    }
    const escape = readEscape(text, at + 1);
    if (escape === null) {
      const shown = text.slice(at, at + 2);
      throw new ErlangFault(`"${shown}" in a text is not known.`, 'Write a backslash as "\\\\".', place);
    }
    value += escape.value;
    at = escape.last;
  }
  throw new ErlangFault(`a text that begins with ${quote} does not end.`, `Add the ${quote} at its end.`, place);
}

/** What stands behind a backslash: a letter, \x41, \x{1F600}, \101 or \^A. */
function readEscape(text: string, at: number): { readonly value: string; readonly last: number } | null {
  const found =
    /^(?:x\{(?<long>[0-9a-f]{1,6})\}|x(?<short>[0-9a-f]{2})|(?<octal>[0-7]{1,3})|\^(?<control>[@-_a-z]))/i.exec(
      text.slice(at, at + 10),
    );
  if (found !== null) {
    const { long, short, octal, control } = found.groups ?? {};
    const hex = long ?? short;
    const code =
      hex !== undefined
        ? Number.parseInt(hex, 16)
        : octal !== undefined
          ? Number.parseInt(octal, 8)
          : (control ?? "@").charCodeAt(0) & 31;
    return code > 0x10_ff_ff ? null : { value: String.fromCodePoint(code), last: at + found[0].length - 1 };
  }
  const character = text[at];
  if (character === undefined) return null;
  const known = ESCAPES.get(character);
  if (known !== undefined) return { value: known, last: at };
  // a letter that means nothing may be one whose meaning we do not know
  return /[A-Za-z0-9]/.test(character) ? null : { value: character, last: at };
}

function notAWord(text: string, at: number, place: ErlangPlace): ErlangFault {
  const word = /^(?:[A-Za-z0-9_@.#]+|.)/su.exec(text.slice(at, at + 40))?.[0] ?? "";
  return new ErlangFault(
    `"${word}" cannot stand in a rule.`,
    'A rule is made of words such as allow, texts in quotes, lists and tuples: {allow, {user, "meter"}, publish, ["meters/#"]}.',
    place,
  );
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
