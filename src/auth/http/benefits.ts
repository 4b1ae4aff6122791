import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import type { AccessRule } from "../../core/types.ts";
import { readReplyRules } from "../reply-rules.ts";
import { isSuperuserValue } from "../superuser.ts";

/** What a client got with a yes. */
interface Benefits {
  readonly superuser: boolean;
  /** null: the answer has no acl. */
  readonly rules: readonly AccessRule[] | null;
  readonly expiresAtMs: number | null;
}

interface Reading {
  /** The answer, as decisions name the place of its rules. */
  readonly file: string;
  readonly unlisted: "deny" | "next";
  readonly nowMs: number;
}

/**
 * Reads what stands beside a yes: {"is_superuser": false, "acl": [...], "expire_at": 1767225600, "client_attrs": {...}}.
 * What cannot be read as it was meant is a fault, and then the yes is none.
 */
export function readBenefits(
  { is_superuser, acl, expire_at, client_attrs = {} }: RawObject,
  { file, unlisted, nowMs }: Reading,
): Benefits | { readonly fault: string } {
  const attributes = textsOf(client_attrs);
  if (attributes === null) return { fault: "client_attrs of the answer are not texts" };
  const expiresAtMs = expire_at === undefined || expire_at === null ? null : millisecondsOf(expire_at);
  if (expiresAtMs !== null && Number.isNaN(expiresAtMs))
    return { fault: "expire_at of the answer is no time in seconds" };
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return { fault: "the login has expired (expire_at of the answer)" };
  const benefits = { superuser: isSuperuserValue(is_superuser), expiresAtMs };
  if (acl === undefined || acl === null) return { ...benefits, rules: null };
  const read = readReplyRules(acl, { file, attributes, unlisted });
  return "fault" in read ? read : { ...benefits, rules: read.rules };
}

/** NaN when it is no number of seconds. */
function millisecondsOf(seconds: unknown): number {
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * 1000 : Number.NaN;
}

function textsOf(value: unknown): Readonly<Record<string, string>> | null {
  if (!isRawObject(value)) return null;
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") return null;
    texts[name] = text;
  }
  return texts;
}
