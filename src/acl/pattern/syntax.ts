/** A regular expression as a tree. */
export type PatternNode =
  | { readonly kind: "character"; readonly accepts: Accepts }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  /** `most` is Infinity for no bound. */
  | { readonly kind: "repeat"; readonly part: PatternNode; readonly least: number; readonly most: number };

type Accepts = (character: string) => boolean;

/** A pattern that cannot be used; the message ends the sentence "the pattern ... cannot be used: ". */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

const MAX_REPEAT = 255;

/**
 * Reads what the regular expressions of rules have in common with PCRE and what can be decided in one pass over the
 * text: "^sensor-[0-9]{1,3}$", "(kitchen|hall)/.*".
 * @throws PatternError for what would need a way back (back references, assertions) and for faults.
 */
export function parsePattern(source: string): PatternNode {
  const characters = Array.from(source);
  let at = 0;

  const peek = (): string | undefined => characters[at];
  const take = (): string => {
    const character = characters[at];
    if (character === undefined) throw new PatternError("it ends too early");
    at++;
    return character;
  };
  const accept = (character: string): boolean => {
    if (peek() !== character) return false;
    at++;
    return true;
  };

  function choice(): PatternNode {
    const options = [sequence()];
    while (accept("|")) options.push(sequence());
    return { kind: "choice", options };
  }

  function sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = peek(); next !== undefined && next !== "|" && next !== ")"; next = peek()) parts.push(repeated());
    return { kind: "sequence", parts };
  }

  function repeated(): PatternNode {
    const part = single();
    const bounds = quantifier();
    if (bounds === null) return part;
    // lazy or greedy makes no difference to whether it is found
    if (!accept("?") && peek() === "+") throw new PatternError('a possessive "+" is not supported');
    if (quantifier() !== null) throw new PatternError("two repetitions follow each other");
    return { kind: "repeat", part, ...bounds };
  }

  function quantifier(): { least: number; most: number } | null {
    if (accept("*")) return { least: 0, most: Infinity };
    if (accept("+")) return { least: 1, most: Infinity };
    if (accept("?")) return { least: 0, most: 1 };
    const bounds = /^\{(?<least>\d+)(?<open>,(?<most>\d*))?\}/.exec(characters.slice(at, at + 12).join(""));
    const { least: first = "", open, most: last } = bounds?.groups ?? {};
    if (bounds === null) return null;
    at += bounds[0].length;
    const least = Number(first);
    const most = open === undefined ? least : last === undefined || last === "" ? Infinity : Number(last);
    if (most < least || least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT)) {
      throw new PatternError(`"${bounds[0]}" is no repetition from 0 to ${MAX_REPEAT}`);
    }
    return { least, most };
  }

  function single(): PatternNode {
    const character = take();
    switch (character) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "character", accepts: (text) => text !== "\n" };
      case "(":
        return group();
      case "[":
        return { kind: "character", accepts: set() };
      case "\\":
        return { kind: "character", accepts: escaped() };
      case "*":
      case "+":
      case "?":
        throw new PatternError(`"${character}" has nothing before it to repeat`);
      default:
        return { kind: "character", accepts: (text) => text === character };
    }
  }

  function group(): PatternNode {
    if (accept("?") && !accept(":")) throw new PatternError(`"(?${peek() ?? ""}" is not supported`);
    const inner = choice();
    if (!accept(")")) throw new PatternError('a ")" is missing');
    return inner;
  }

  /** What follows a backslash. */
  function escaped(): Accepts {
    const character = take();
    const known = CLASSES.get(character);
    if (known !== undefined) return known;
    const literal = literalEscape(character);
    return (text) => text === literal;
  }

  function literalEscape(character: string): string {
    const control = CONTROLS.get(character);
    if (control !== undefined) return control;
    if (/[a-zA-Z0-9]/.test(character)) throw new PatternError(`"\\${character}" is not supported`);
    return character;
  }

  /** What follows "[", up to its "]". */
  function set(): Accepts {
    const isNegated = accept("^");
    const members: Accepts[] = [];
    let isFirst = true;
    while (isFirst || peek() !== "]") {
      isFirst = false;
      members.push(member());
    }
    at++;
    return (text) => members.some((accepts) => accepts(text)) !== isNegated;
  }

  function member(): Accepts {
    const first = take();
    if (first === "[" && /[:.=]/.test(peek() ?? "")) throw new PatternError(`"[${peek() ?? ""}" is not supported`);
    const known = first === "\\" ? CLASSES.get(peek() ?? "") : undefined;
    if (known !== undefined) {
      at++;
      return known;
    }
    const from = first === "\\" ? literalEscape(take()) : first;
    if (peek() !== "-" || characters[at + 1] === "]" || characters[at + 1] === undefined)
      return (text) => text === from;
    at++;
    const last = take();
    if (last === "\\" && CLASSES.has(peek() ?? "")) throw new PatternError(`"${from}-\\${peek() ?? ""}" is no range`);
    const to = last === "\\" ? literalEscape(take()) : last;
    if (codeOf(to) < codeOf(from)) throw new PatternError(`"${from}-${to}" is no range`);
    return (text) => codeOf(text) >= codeOf(from) && codeOf(text) <= codeOf(to);
  }

  const tree = choice();
  if (at < characters.length) throw new PatternError('a ")" has no "(" before it');
  return tree;
}

const CLASSES: ReadonlyMap<string, Accepts> = new Map([
  ["d", (text) => /^[0-9]$/.test(text)],
  ["D", (text) => !/^[0-9]$/.test(text)],
  ["w", (text) => /^[0-9A-Za-z_]$/.test(text)],
  ["W", (text) => !/^[0-9A-Za-z_]$/.test(text)],
  ["s", (text) => /^[ \t\n\v\f\r]$/.test(text)],
  ["S", (text) => !/^[ \t\n\v\f\r]$/.test(text)],
]);

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
  ["f", "\f"],
  ["e", "\u001B"],
]);

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
