import { hashFault } from "../core/password-hash.ts";
import { isReservedName } from "../core/reserved-names.ts";
import type { Problem } from "../core/types.ts";

/** A user of a password file. */
export interface PasswordFileEntry {
  readonly username: string;
  readonly hash: string;
}

/** What is wrong with a line and what to do; says nothing of its password. */
interface Fault {
  readonly what: string;
  readonly fix: string;
}

const MAKE_A_HASH = 'Make a hash with "culex passwd" and write it behind the colon.';

/**
 * Reads a password file as mosquitto 2.0 does: an entry that cannot be used is left out with a warning, the others
 * stand. The name ends at the first colon, the hash at the next one; of two entries for a name the first counts.
 *
 *     # a comment
 *     alice:$7$101$zTkAC8PDF9yohtHQ$EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/...
 *
 * `file` is the name that problems show.
 */
export function parsePasswordFile(
  text: string,
  file: string,
  reservedUsers: readonly string[],
): { readonly entries: readonly PasswordFileEntry[]; readonly problems: readonly Problem[] } {
  const entries = new Map<string, PasswordFileEntry & { readonly line: number }>();
  const problems: Problem[] = [];
  // editors on Windows put a byte order mark before the first line
  for (const [index, content] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    const line = index + 1;
    if (content.startsWith("#") || content.trim() === "") continue;
    const [username = "", hash] = content.split(":").map((field) => field.trim());
    const earlier = entries.get(username);
    const fault = findFault(username, hash, reservedUsers);
    if (fault !== null) {
      problems.push(warning(file, line, fault.what, "This entry is ignored.", fault.fix));
    } else if (earlier !== undefined) {
      const what = `the name "${username}" is on line ${earlier.line} already.`;
      problems.push(warning(file, line, what, `Line ${earlier.line} counts.`, "Remove one of the two lines."));
    } else {
      entries.set(username, { username, hash: hash ?? "", line });
    }
  }
  return { entries: [...entries.values()].map(({ username, hash }) => ({ username, hash })), problems };
}

function findFault(username: string, hash: string | undefined, reservedUsers: readonly string[]): Fault | null {
  if (hash === undefined) {
    return { what: "there is no colon between a name and a hash.", fix: 'Write "name:hash", or "#" before a comment.' };
  }
  if (username === "") return { what: "the user name is empty.", fix: "Write a name before the colon." };
  if (isReservedName(username, reservedUsers)) {
    const what = `the name "${username}" is reserved for Home Assistant and other apps.`;
    return { what, fix: "Choose another name." };
  }
  return findHashFault(username, hash);
}

function findHashFault(username: string, hash: string): Fault | null {
  const fault = hashFault(hash);
  if (fault === null) return null;
  if (fault.kind === "unknown") return { what: describeUnknown(username, hash), fix: MAKE_A_HASH };
  return { what: `the ${fault.hash} of "${username}" ${fault.what}.`, fix: fault.fix };
}

function describeUnknown(username: string, hash: string): string {
  if (hash === "") return `there is no hash for "${username}".`;
  if (hash.startsWith("$argon2")) {
    return `the password of "${username}" is not an argon2id hash as Mosquitto writes it.`;
  }
  if (/^(?:\$|pbkdf2)/i.test(hash)) {
    return `the password of "${username}" is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…).`;
  }
  return `the password of "${username}" is in plain text, and only hashes are taken here.`;
}

function warning(file: string, line: number, what: string, now: string, fix: string): Problem {
  return { severity: "warning", what: `${file} line ${line}: ${what}`, now, fix, where: { file, line } };
}
