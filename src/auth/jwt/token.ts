import { isRawObject, type RawObject } from "../../core/raw-object.ts";

/** A signed token as it was sent, before anything in it is believed: `<header>.<claims>.<signature>` (RFC 7515, 7.1). */
export interface Token {
  readonly algorithm: string;
  /** Which key signed it, as the signer calls it; null: it does not say. */
  readonly keyId: string | null;
  readonly claims: RawObject;
  /** What the signature is about. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Cuts a password into the parts of a token; null when it is none, or demands what is not understood here. */
export function parseToken(text: string): Token | null {
  const parts = text.split(".");
  const [header, payload, tail] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || tail === undefined) return null;
  const head = jsonOf(header);
  const claims = jsonOf(payload);
  const signature = base64url(tail);
  if (head === null || claims === null || signature === null) return null;
  const { alg, kid = null } = head;
  // an extension that is marked as critical must not be skipped (RFC 7515, 4.1.11), and none is known here
  if (typeof alg !== "string" || (kid !== null && typeof kid !== "string") || "crit" in head) return null;
  return { algorithm: alg, keyId: kid, claims, signed: `${header}.${payload}`, signature };
}

function jsonOf(part: string): RawObject | null {
  const bytes = base64url(part);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRawObject(value) ? value : null;
  } catch {
    return null;
  }
}

function base64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  // Buffer skips what is not base64url
  return text !== "" && bytes.toString("base64url") === text ? bytes : null;
}
