import { codesOf } from "../core/reasons.ts";
import type { Reason } from "../core/types.ts";
import { Code } from "./packets/codes.ts";

/**
 * What a client of MQTT 5 is told in words. Why a login is refused (unknown user, wrong password) and which rule denies
 * is for the owner, not for whoever tries: null.
 */
export function told({ kind, sentence }: Pick<Reason, "kind" | "sentence">): string | null {
  return codesOf(kind).v5 === Code.notAuthorized ? null : sentence;
}
