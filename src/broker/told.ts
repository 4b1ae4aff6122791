import { codesOf } from "../core/reasons.ts";
import type { Reason, ReasonKind } from "../core/types.ts";
import { Code } from "./packets/codes.ts";
import type { EngineLimits } from "./sessions/limits.ts";

/**
 * What a client of MQTT 5 is told in words. Why a login is refused (unknown user, wrong password, banned) and which rule
 * denies is for the owner, not for whoever tries: null.
 */
export function told({ kind, sentence }: Pick<Reason, "kind" | "sentence">): string | null {
  const { v5 } = codesOf(kind);
  return v5 === Code.notAuthorized || v5 === Code.banned ? null : sentence;
}

/** The code for somebody who is sent away: "use another server" when it is said where one is (4.11). */
export function elsewhere(
  kind: ReasonKind,
  code: number,
  { serverReference }: Pick<EngineLimits, "serverReference">,
): number {
  if (serverReference === null || code === Code.serverMoved) return code;
  return kind === "too_many_connections" || kind === "shutting_down" ? Code.useAnotherServer : code;
}

/** Whether a code goes with a server reference (3.2.2.3.16, 3.14.2.2.5). */
export function isElsewhere(code: number): boolean {
  return code === Code.useAnotherServer || code === Code.serverMoved;
}
