import type { Credentials } from "../core/types.ts";

/** What a placeholder in a query, a path or a body stands for; the words of EMQX. */
export type PlaceholderName =
  | "username"
  | "clientid"
  | "password"
  | "peerhost"
  | "cert_common_name"
  | "cert_subject"
  | "topic"
  | "action"
  | "access";

/** Values for placeholders; null and missing: there is none, which reads as empty text. */
export type PlaceholderValues = Readonly<Partial<Record<PlaceholderName, string | null>>>;

/** A text cut at its placeholders, in order: "mqtt:%u" is the text "mqtt:" and the name "username". */
export type Template = readonly (string | Placeholder)[];

export interface Placeholder {
  readonly name: PlaceholderName;
  /** As it was written: "%u", "${username}". */
  readonly text: string;
}

/** The one-letter forms of EMQ 2. */
const SHORT: Readonly<Record<string, PlaceholderName>> = {
  "%u": "username",
  "%c": "clientid",
  "%a": "peerhost",
  "%P": "password",
  "%C": "cert_common_name",
  "%d": "cert_subject",
  "%t": "topic",
  "%A": "access",
};

const FORM = /\$\{\$\}|\$\{([a-z_]+)\}|%[ucaPCdtA]/g;

/** Cuts a text at its placeholders. A name that is not `allowed` here stays as it is; "${$}" is a plain "$". */
export function parseTemplate(text: string, allowed: readonly PlaceholderName[]): Template {
  const parts: (string | Placeholder)[] = [];
  let plain = "";
  let end = 0;
  for (const match of text.matchAll(FORM)) {
    plain += text.slice(end, match.index);
    end = match.index + match[0].length;
    const name = allowed.find((name) => name === (match[1] ?? SHORT[match[0]]));
    if (name === undefined) {
      plain += match[0] === "${$}" ? "$" : match[0];
      continue;
    }
    if (plain !== "") parts.push(plain);
    plain = "";
    parts.push({ name, text: match[0] });
  }
  plain += text.slice(end);
  return plain === "" ? parts : [...parts, plain];
}

/** Puts values in the place of placeholders, each made harmless by `escape` for where the text goes. */
export function fillTemplate(template: Template, values: PlaceholderValues, escape: (value: string) => string): string {
  return template.map((part) => (typeof part === "string" ? part : escape(values[part.name] ?? ""))).join("");
}

/** A statement for a database: values go beside it, never into it. */
export interface Statement {
  /** With the driver's parameters in the place of placeholders. */
  readonly text: string;
  /** What each parameter is, in their order. */
  readonly names: readonly PlaceholderName[];
}

/**
 * Makes a statement of a query with placeholders: "where user = '%u'" becomes "where user = ?". `marker` gives the
 * driver's parameter by its number from 1: "?", "$1". Quotes around a placeholder go with it.
 * @throws Error when a placeholder is a part of a literal only, or stands in a comment or a quoted name.
 */
export function parseStatement(
  query: string,
  allowed: readonly PlaceholderName[],
  marker: (number: number) => string,
): Statement {
  const names: PlaceholderName[] = [];
  let text = "";
  for (const [piece] of query.matchAll(SQL_PIECE)) {
    const template = parseTemplate(isQuoted(piece) ? piece.slice(1, -1) : piece, allowed);
    const placeholders = template.filter((part) => typeof part !== "string");
    const [first] = placeholders;
    if (first === undefined) {
      text += piece;
      continue;
    }
    if (isComment(piece)) throw new Error(`${first.text} stands in a comment`);
    if (piece.startsWith("`")) throw new Error(`${first.text} stands in the name ${piece}`);
    if (isQuoted(piece) && template.length > 1) {
      throw new Error(`${first.text} is only a part of ${piece}; write concat(...) with ${first.text} by itself`);
    }
    for (const part of template) {
      if (typeof part === "string") {
        text += part;
        continue;
      }
      names.push(part.name);
      text += marker(names.length);
    }
  }
  return { text, names };
}

/** The values of a statement's parameters; null where there is none. */
export function valuesFor({ names }: Statement, values: PlaceholderValues): readonly (string | null)[] {
  return names.map((name) => values[name] ?? null);
}

/** What a client that logs in gives for placeholders; its password only where it is asked for. */
export function placeholderValues({
  username,
  clientId,
  address,
  certificate,
}: Pick<Credentials, "username" | "clientId" | "address" | "certificate">): PlaceholderValues {
  return {
    username,
    clientid: clientId,
    peerhost: address,
    cert_common_name: certificate?.commonName ?? null,
    cert_subject: certificate?.subject ?? null,
  };
}

/** Quoted text (a doubled or escaped quote does not end it), comments, and what lies between, up to a quote or comment. */
const SQL_PIECE = /'(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|`[^`]*`|--[^\n]*|\/\*[^]*?\*\/|[^'"`\-/]+|[^]/g;

function isQuoted(piece: string): boolean {
  return piece.length > 1 && /^['"]/.test(piece);
}

function isComment(piece: string): boolean {
  return piece.startsWith("--") || piece.startsWith("/*");
}
