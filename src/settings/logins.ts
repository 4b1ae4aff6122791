import type { ValidateFunction } from "ajv";
import { hashFault, type HashFault } from "../core/password-hash.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import { reservedNameOf } from "../core/reserved-names.ts";
import { mayBeQuoted, otherName } from "../core/suggest.ts";
import type { Problem } from "../core/types.ts";
import { loginSchema } from "./schema.ts";

/** A local user of the options. */
export interface LoginOptions {
  readonly username: string;
  readonly password: string;
  /** The password is a hash that `parsePasswordHash` knows. */
  readonly preHashed: boolean;
}

/** An entry of `logins` as ajv has checked it. */
export interface RawLogin {
  readonly username: string;
  readonly password: string;
  readonly password_pre_hashed?: boolean | null;
}

interface Surroundings {
  readonly validate: ValidateFunction<RawLogin>;
  readonly reservedUsers: readonly string[];
  readonly report: (severity: Problem["severity"], what: string, now: string, fix: string) => void;
}

const OFF = "This login is off.";

/** Reads the entries of `logins`; an entry that cannot be used is reported and left out. */
export function readLogins(entries: readonly unknown[], surroundings: Surroundings): readonly LoginOptions[] {
  const logins = new Map<string, LoginOptions>();
  for (const [index, entry] of entries.entries()) {
    const login = readLogin(entry, placeOfEntry(index), surroundings);
    if (login === null) continue;
    if (logins.delete(login.username)) {
      surroundings.report(
        "warning",
        `logins: the name "${login.username}" is there more than once.`,
        "The last one counts, as in the official add-on.",
        "Remove the others.",
      );
    }
    logins.set(login.username, login);
  }
  return [...logins.values()];
}

function readLogin(entry: unknown, place: string, surroundings: Surroundings): LoginOptions | null {
  const { validate, reservedUsers, report } = surroundings;
  if (!isRawObject(entry)) {
    report("error", `${place}: this is not a user name with a password.`, OFF, "Write a username and a password.");
    return null;
  }
  reportUnknownKeys(entry, place, surroundings);
  if (!validate(entry)) {
    // One field may break several rules; the first one says enough.
    const fields = new Set((validate.errors ?? []).map((error) => fieldOf(error.instancePath, error.params)));
    for (const field of fields) report("error", ...fieldFault(entry, field, place));
    return null;
  }
  const { username, password } = entry;
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(username)) {
    const fix = "Write it again by hand, it was probably pasted with something invisible.";
    report("error", `${place}: the user name holds a control character.`, OFF, fix);
    return null;
  }
  const reserved = reservedNameOf(username, reservedUsers);
  if (reserved !== null) {
    const owner = reserved === "homeassistant" ? "Home Assistant" : "other apps";
    const reading = reserved === username ? "is" : `is read as "${reserved}", which is`;
    const what = `logins: the name "${username}" ${reading} reserved for ${owner}.`;
    report("error", what, "This login is ignored.", "Choose another name.");
    return null;
  }
  const preHashed = entry.password_pre_hashed ?? false;
  const fault = preHashed ? hashFault(password) : null;
  if (fault !== null) {
    report("error", ...hashProblem(username, fault));
    return null;
  }
  return { username, password, preHashed };
}

function hashProblem(username: string, fault: HashFault): [what: string, now: string, fix: string] {
  const now = "The login would never work, so it is off.";
  if (fault.kind === "costly") return [`logins: the ${fault.hash} of "${username}" ${fault.what}.`, now, fault.fix];
  const known = "PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…";
  const what = `logins: the password of "${username}" is marked as hashed but is not a hash this broker knows (${known}).`;
  return [what, now, 'Turn "password_pre_hashed" off or paste a hash.'];
}

function fieldOf(instancePath: string, params: Readonly<Record<string, unknown>>): string {
  return instancePath === "" ? String(params["missingProperty"]) : instancePath.slice(1);
}

/** What is wrong, what happens and what to do about a field; a password is never quoted. */
function fieldFault(entry: RawObject, field: string, place: string): [what: string, now: string, fix: string] {
  const value = entry[field];
  const whose = typeof entry["username"] === "string" && entry["username"] !== "" ? ` of "${entry["username"]}"` : "";
  const subject = field === "password" ? `the password${whose}` : "the user name";
  if (field === "password_pre_hashed") {
    const what = `${place}: "password_pre_hashed"${whose} is neither true nor false.`;
    return [what, OFF, "Write true for a hash, false for a password in plain text."];
  }
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) {
    const enter = field === "password" ? "Enter a password." : "Enter a user name, or remove the entry.";
    return [`${place}: ${subject} is empty.`, OFF, enter];
  }
  if (typeof value === "number") return [`${place}: ${subject} is a number, not text.`, OFF, "Put it in quotes."];
  return [`${place}: ${subject} is not text.`, OFF, "Write it as text, in quotes."];
}

function reportUnknownKeys(entry: RawObject, place: string, { report }: Surroundings): void {
  const known = Object.keys(loginSchema.properties);
  for (const key of Object.keys(entry).filter((key) => !known.includes(key))) {
    const subject = mayBeQuoted(key, known) ? `"${key}"` : "one of the names";
    report("warning", `${place}: ${subject} is not a field of a login.`, "It is ignored.", otherName(key, known));
  }
}

function placeOfEntry(index: number): string {
  const words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
  const word = words[index];
  return word === undefined ? `logins, entry ${index + 1}` : `logins, ${word} entry`;
}
