import { ErlangFault, erlangTokens, type ErlangPlace, type ErlangToken } from "./erlang-lexer.ts";

/** A value of an Erlang file, and where it begins. */
export type ErlangTerm = ErlangPlace &
  (
    | { readonly kind: "atom"; readonly text: string }
    /** `isBinary`: written as <<"text">>. */
    | { readonly kind: "string"; readonly text: string; readonly isBinary: boolean }
    | { readonly kind: "integer"; readonly text: string }
    | { readonly kind: "list"; readonly items: readonly ErlangTerm[] }
    | { readonly kind: "tuple"; readonly items: readonly ErlangTerm[] }
  );

/** A term that a full stop ends, with its text as it stands in the file. */
interface ErlangForm {
  readonly term: ErlangTerm;
  readonly text: string;
}

interface ErlangFile {
  readonly forms: readonly ErlangForm[];
  readonly faults: readonly ErlangFault[];
}

/** Terms within terms; a rule needs six. */
const DEEPEST = 40;

/** Reads the terms of a file. After a fault in a term it goes on with the next; what is no word at all ends the reading. */
export function parseErlang(text: string): ErlangFile {
  const forms: ErlangForm[] = [];
  const faults: ErlangFault[] = [];
  for (const tokens of tokensOfForms(text, faults)) {
    try {
      const term = parseForm(tokens);
      const first = tokens[0]?.from ?? 0;
      const last = tokens.at(-2)?.to ?? first;
      forms.push({ term, text: text.slice(first, last) });
    } catch (error) {
      if (!(error instanceof ErlangFault)) throw error;
      faults.push(error);
    }
  }
  return { forms, faults };
}

/** The words of each term up to its full stop; a term with a word that is none is left out. */
function tokensOfForms(text: string, faults: ErlangFault[]): readonly (readonly ErlangToken[])[] {
  const all: (readonly ErlangToken[])[] = [];
  let current: ErlangToken[] = [];
  try {
    for (const token of erlangTokens(text)) {
      current.push(token);
      if (token.kind !== "end") continue;
      all.push(current);
      current = [];
    }
  } catch (error) {
    if (!(error instanceof ErlangFault)) throw error;
    faults.push(error);
    return all;
  }
  const last = current.at(-1);
  if (last !== undefined) {
    const first = current[0] ?? last;
    faults.push(new ErlangFault("the last rule has no full stop at its end.", 'Add a "." behind it.', first));
  }
  return all;
}

/** The last of the tokens is the full stop. */
function parseForm(tokens: readonly ErlangToken[]): ErlangTerm {
  let at = 0;
  const last = tokens.at(-1);
  const take = (): ErlangToken => {
    const token = tokens[at] ?? last;
    if (token === undefined) throw new Error("a form without words");
    at++;
    return token;
  };
  const isNext = (sign: string): boolean => tokens[at]?.kind === "sign" && tokens[at]?.text === sign;
  const accept = (sign: string): boolean => {
    if (!isNext(sign)) return false;
    at++;
    return true;
  };

  const parseTerm = (depth: number): ErlangTerm => {
    const token = take();
    const { line, column, kind, text } = token;
    const place = { line, column };
    if (depth > DEEPEST) throw new ErlangFault("brackets are nested too deep.", "Remove some of them.", place);
    switch (kind) {
      case "atom":
      case "integer":
        return { kind, text, ...place };
      case "string":
        return { kind, text: text + restOfText(), isBinary: false, ...place };
      case "end":
        throw unexpected(token);
      case "sign":
        if (text === "{") return { kind: "tuple", items: parseItems("}", depth), ...place };
        if (text === "[") return { kind: "list", items: parseItems("]", depth), ...place };
        if (text === "<<") return { kind: "string", text: parseBinary(), isBinary: true, ...place };
        throw unexpected(token);
    }
  };

  /** Texts that follow each other are one. */
  const restOfText = (): string => {
    let rest = "";
    for (let next = tokens[at]; next?.kind === "string"; next = tokens[at]) {
      rest += next.text;
      at++;
    }
    return rest;
  };

  const parseItems = (close: string, depth: number): readonly ErlangTerm[] => {
    const items: ErlangTerm[] = [];
    if (accept(close)) return items;
    do items.push(parseTerm(depth + 1));
    while (accept(","));
    if (!accept(close)) throw unexpected(take(), `"," or "${close}"`);
    return items;
  };

  /** <<"text">> or <<"text"/utf8>>, behind its "<<". */
  const parseBinary = (): string => {
    const token = take();
    if (token.kind !== "string") throw unexpected(token, "a text in quotes");
    const text = token.text + restOfText();
    if (accept("/")) {
      const encoding = take();
      if (encoding.kind !== "atom" || encoding.text !== "utf8") throw unexpected(encoding, "utf8");
    }
    if (!accept(">>")) throw unexpected(take(), '">>"');
    return text;
  };

  const term = parseTerm(0);
  if (at < tokens.length - 1) throw unexpected(take(), 'a "." and the next rule');
  return term;
}

function unexpected({ kind, text, line, column }: ErlangToken, wanted?: string): ErlangFault {
  const found = kind === "end" ? 'the "." comes too early' : `"${text}" was not expected here`;
  const instead = wanted === undefined ? "" : `; ${wanted} was`;
  return new ErlangFault(`${found}${instead}.`, "Check the brackets and commas of this rule.", { line, column });
}
