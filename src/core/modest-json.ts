import { utf8Text } from "./text.ts";

/** How much a JSON text from the network may hold. */
export interface JsonBounds {
  /** Levels within one another. */
  readonly levels: number;
  /** Values in lists and objects, all together. */
  readonly values: number;
}

/**
 * Says what of a JSON text is above its bounds; null: nothing. It is looked at before anything is parsed: a text of 16 MB
 * can become five million objects, which take seconds and half a gigabyte.
 */
export function jsonExcess(text: Uint8Array, { levels, values }: JsonBounds): keyof JsonBounds | null {
  let depth = 0;
  let count = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA) count++;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      count++;
      depth++;
      if (depth > levels) return "levels";
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    if (count > values) return "values";
  }
  return null;
}

/** Parses JSON in UTF-8; undefined: it is none, or more than the bounds allow. */
export function parseModestJson(text: Uint8Array, bounds: JsonBounds): unknown {
  const decoded = jsonExcess(text, bounds) === null ? utf8Text(text) : null;
  if (decoded === null) return undefined;
  try {
    return JSON.parse(decoded);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
