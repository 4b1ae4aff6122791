import type { RawObject } from "../../core/raw-object.ts";

/** What the claims of a token must be, apart from who it is for. */
interface Demands {
  /** Each claim with the text that it must be; placeholders are filled. */
  readonly expected: ReadonlyMap<string, string>;
  /** How far the clocks of signer and broker may be apart. */
  readonly leewayMs: number;
  readonly nowMs: number;
}

/** When a token ends, null for never, or why it is not accepted, as the end of a sentence. */
export type ClaimsCheck = { readonly expiresAtMs: number | null } | { readonly fault: string };

/** Checks when a token is valid (RFC 7519, 4.1.4 and 4.1.5) and what it must say. Quotes no claim. */
export function checkClaims(claims: RawObject, { expected, leewayMs, nowMs }: Demands): ClaimsCheck {
  const { exp, nbf } = claims;
  const endsAtMs = momentOf(exp);
  const startsAtMs = momentOf(nbf);
  if (endsAtMs === undefined || startsAtMs === undefined) return { fault: "has a time that is no number" };
  if (endsAtMs !== null && nowMs >= endsAtMs + leewayMs) return { fault: "has expired" };
  if (startsAtMs !== null && nowMs < startsAtMs - leewayMs) return { fault: "is not valid yet" };
  for (const [name, text] of expected) {
    if (!Object.hasOwn(claims, name)) return { fault: `has no claim "${name}"` };
    if (!says(name, claims[name], text)) return { fault: `has another "${name}" than is asked for` };
  }
  return { expiresAtMs: endsAtMs === null ? null : endsAtMs + leewayMs };
}

/** Milliseconds of seconds; null: there is none; undefined: it is no time. */
function momentOf(seconds: unknown): number | null | undefined {
  if (seconds === undefined) return null;
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function says(name: string, claim: unknown, text: string): boolean {
  // one token may be meant for several audiences (RFC 7519, 4.1.3)
  if (name === "aud" && Array.isArray(claim)) return claim.includes(text);
  return typeof claim === "string" ? claim === text : typeof claim === "number" && String(claim) === text;
}
