import type { Identity } from "../core/types.ts";

/** A filter made for one client; `fault` says why there is none, and then the rule matches nothing. */
export type FilledFilter =
  | { readonly filter: string; readonly fault: null }
  | { readonly filter: null; readonly fault: string };

/** What stands in the place of a level: itself when it is no placeholder. */
type LevelValue = { readonly value: string } | { readonly fault: string };

/** Whether a level of the filter is %u or %c. Part of a level it is plain text, as in Mosquitto 2.1. */
export function hasPlaceholders(filter: string): boolean {
  return filter.split("/").some(isPlaceholder);
}

/**
 * Puts user name and client id in the place of %u and %c: "dev/%u/#" becomes "dev/alice/#". The caller has made sure
 * that no value contains a wildcard (`dangerousName`).
 */
export function fillPlaceholders(filter: string, identity: Identity): FilledFilter {
  return fillLevels(filter, (level) => {
    if (!isPlaceholder(level)) return { value: level };
    const value = level === "%u" ? identity.username : identity.clientId;
    return value === null ? { fault: `${level} has no value, since the client sent no user name` } : { value };
  });
}

/**
 * Puts values in the place of levels. One with slashes stands for that many levels, which Mosquitto 2.0 accepts and
 * 2.1 never matches.
 */
export function fillLevels(filter: string, fill: (level: string) => LevelValue): FilledFilter {
  const levels: string[] = [];
  for (const level of filter.split("/")) {
    const filled = fill(level);
    if ("fault" in filled) return unfilled(filled.fault);
    const { value } = filled;
    if (value === level) {
      levels.push(level);
      continue;
    }
    if (value === "") return unfilled(`${level} has no value`);
    // the rule's author wrote no "$": a name chosen by somebody else must not open $SYS
    if (levels.length === 0 && value.startsWith("$")) return unfilled(`${level} begins with "$" here`);
    levels.push(value);
  }
  return { filter: levels.join("/"), fault: null };
}

/**
 * Says which name of a client would act as a wildcard in a pattern, as the start of a sentence; null when none does.
 * Mosquitto calls such a client dangerous and keeps all patterns from it.
 */
export function dangerousName({ username, clientId }: Identity): string | null {
  if (username !== null && hasWildcard(username)) return `the user name ${username} contains "+" or "#"`;
  if (hasWildcard(clientId)) return `the client id ${clientId} contains "+" or "#"`;
  return null;
}

function isPlaceholder(level: string): level is "%u" | "%c" {
  return level === "%u" || level === "%c";
}

function hasWildcard(value: string): boolean {
  return value.includes("+") || value.includes("#");
}

function unfilled(fault: string): FilledFilter {
  return { filter: null, fault };
}
