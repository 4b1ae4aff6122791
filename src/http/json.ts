import { parseModestJson } from "../core/modest-json.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { Qos } from "../core/types.ts";

/** A thousand messages with all their properties are far below. */
const BOUNDS = { levels: 32, values: 100_000 } as const;

/** Parses a body; undefined: it is no JSON in UTF-8, or so much of it that it would hold up everybody else. */
export function parseJson(body: Buffer): unknown {
  return parseModestJson(body, BOUNDS);
}

/** The fields of an object, to be asked one by one; null: it is none. */
export function objectOf(value: unknown): RawObject | null {
  return isRawObject(value) ? value : null;
}

/** A text that UTF-8 can hold; null: it is none. A lone half of a pair would become another text on its way. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value.isWellFormed() ? value : null;
}

/** A QoS, as a number; null: it is none. */
export function qosOf(value: unknown): Qos | null {
  return value === 0 || value === 1 || value === 2 ? value : null;
}

/** Decodes base64, with or without the signs at its end; null: it is none. */
export function base64Bytes(text: string): Buffer | null {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1
    ? Buffer.from(text, "base64")
    : null;
}
