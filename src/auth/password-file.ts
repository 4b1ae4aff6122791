import { hashFault } from "../core/password-hash.ts";
import { isReservedName } from "../core/reserved-names.ts";
import { linesOf } from "../core/text.ts";
import type { Problem } from "../core/types.ts";
import { counted, listed } from "../core/words.ts";
import type { StoredLogin } from "./stored-logins.ts";

/** What is wrong with a line and what to do; says nothing of its password. */
interface Fault {
  readonly what: string;
  readonly fix: string;
}

const MAKE_A_HASH = 'Make a hash with "culex passwd" and write it behind the colon.';

/** Lines that are named; of more the number is told. */
const MAX_NAMED = 10;

/**
 * Reads a password file as mosquitto 2.0 does: an entry that cannot be used is left out with a warning, the others
 * stand. The name ends at the first colon, a hash at the next one; of two entries for a name the first counts. Unlike
 * there a password may also be there in plain text, up to the end of the line: that is told once.
 *
 *     # a comment
 *     alice:$7$101$zTkAC8PDF9yohtHQ$EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/...
 *     bob:correct horse
 *
 * `file` is the name that problems show.
 */
export function parsePasswordFile(
  text: string,
  file: string,
  reservedUsers: readonly string[],
): { readonly entries: readonly StoredLogin[]; readonly problems: readonly Problem[] } {
  const entries = new Map<string, StoredLogin & { readonly line: number }>();
  const problems: Problem[] = [];
  // editors on Windows put a byte order mark before the first line
  for (const [index, content] of linesOf(text.replace(/^\ufeff/, "")).entries()) {
    const line = index + 1;
    if (content.startsWith("#") || content.trim() === "") continue;
    const entry = parseLine(content);
    const earlier = entries.get(entry.username);
    const fault = findFault(entry, reservedUsers);
    if (fault !== null) {
      problems.push(warning(file, line, fault.what, "This entry is ignored.", fault.fix));
    } else if (earlier !== undefined) {
      const what = `the name "${entry.username}" is on line ${earlier.line} already.`;
      problems.push(warning(file, line, what, `Line ${earlier.line} counts.`, "Remove one of the two lines."));
    } else {
      entries.set(entry.username, { ...entry, password: entry.password ?? "", line });
    }
  }
  const plain = [...entries.values()].filter(({ preHashed }) => !preHashed).map(({ line }) => line);
  return {
    entries: [...entries.values()].map(({ username, password, preHashed }) => ({ username, password, preHashed })),
    problems: [...problems, ...plainProblem(file, plain)],
  };
}

/** `password` null: there is no colon. */
type Parsed = Omit<StoredLogin, "password"> & { readonly password: string | null };

function parseLine(content: string): Parsed {
  const colon = content.indexOf(":");
  const username = (colon < 0 ? content : content.slice(0, colon)).trim();
  if (colon < 0) return { username, password: null, preHashed: false };
  const rest = content.slice(colon + 1).trim();
  const [hash = ""] = rest.split(":").map((field) => field.trim());
  return LIKE_A_HASH.test(hash)
    ? { username, password: hash, preHashed: true }
    : { username, password: rest, preHashed: false };
}

/**
 * Also of a kind that is not known, or damaged: taken as a plain text, it would let in everybody who has seen it. Those
 * of other programs begin with "{", or are hexadecimal digits only.
 */
const LIKE_A_HASH = /^(?:\$|pbkdf2|\{|[0-9a-f]{32,}$)|^$/i;

function findFault({ username, password, preHashed }: Parsed, reservedUsers: readonly string[]): Fault | null {
  if (password === null) {
    return { what: "there is no colon between a name and a hash.", fix: 'Write "name:hash", or "#" before a comment.' };
  }
  if (/[\0\ufffd]/.test(username + password)) {
    return { what: "this is no UTF-8 text.", fix: "Save the file again, as UTF-8." };
  }
  if (username === "") return { what: "the user name is empty.", fix: "Write a name before the colon." };
  if (isReservedName(username, reservedUsers)) {
    const what = `the name "${username}" is reserved for Home Assistant and other apps.`;
    return { what, fix: "Choose another name." };
  }
  return preHashed ? findHashFault(username, password) : null;
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
  return `the password of "${username}" is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…).`;
}

function plainProblem(file: string, lines: readonly number[]): readonly Problem[] {
  const [first] = lines;
  if (first === undefined) return [];
  const named = lines.slice(0, MAX_NAMED).map(String);
  const others = lines.length > MAX_NAMED ? [`${lines.length - MAX_NAMED} more`] : [];
  const subject =
    lines.length === 1
      ? `${file} line ${first}: the password is`
      : `${file}: ${counted(lines.length, "password")} (lines ${listed([...named, ...others], "and")}) are`;
  return [
    {
      severity: "warning",
      what: `${subject} in plain text.`,
      now: lines.length === 1 ? "It is taken all the same." : "They are taken all the same.",
      fix: 'Whoever sees the file can use them; make hashes with "culex passwd", and write them behind the colons.',
      where: { file, line: first },
    },
  ];
}

function warning(file: string, line: number, what: string, now: string, fix: string): Problem {
  return { severity: "warning", what: `${file} line ${line}: ${what}`, now, fix, where: { file, line } };
}
