import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isReservedName } from "../core/reserved-names.ts";
import { filterFault } from "../core/topic.ts";
import type { Problem } from "../core/types.ts";

/** A key that a program publishes with; only a digest of its secret is known. */
export interface ApiKey {
  readonly id: string;
  /** Digest of the secret. */
  readonly sha256: Buffer;
  /** Whose rights it has. */
  readonly username: string;
  /** The only topics it publishes to, of those that its user may; empty: all of them. */
  readonly filters: readonly string[];
}

const DIGEST = /^sha256:(?<hex>[0-9a-f]{64})$/;

/** Makes a key: the secret, which is shown once, and the line that stands for it in the file. */
export function makeApiKey(id: string): { readonly secret: string; readonly line: string } {
  // 256 bits by chance cannot be guessed, so one round of a digest is enough for them
  const secret = randomBytes(32).toString("base64url");
  return { secret, line: `key ${id} sha256:${digestOf(secret).toString("hex")}` };
}

/** Why a text cannot be the id of a key, as the end of a sentence; null when it can. */
export function keyIdFault(id: string): string | null {
  return /^[\w.@-]{1,128}$/.test(id) ? null : 'an id has letters, digits and ". _ - @" only, 128 at most';
}

/**
 * Finds the key that an id and a secret belong to. It takes as long for an id that nobody has.
 */
export function findApiKey(keys: readonly ApiKey[], id: string, secret: string): ApiKey | null {
  const presented = digestOf(secret);
  const key = keys.find((candidate) => candidate.id === id);
  const isRight = timingSafeEqual(presented, key?.sha256 ?? NOBODY);
  return isRight && key !== undefined ? key : null;
}

const NOBODY = Buffer.alloc(32);

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/**
 * Reads a file of keys. A line that cannot be used takes its key along: with fewer lines it might do more than was meant.
 *
 *     key weather sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090
 *     user weather-station
 *     topic weather/#
 *
 * Without a `user` line the id is the user name. `file` is the name that problems show.
 */
export function parseApiKeys(
  text: string,
  file: string,
  reservedUsers: readonly string[],
): { readonly keys: readonly ApiKey[]; readonly problems: readonly Problem[] } {
  const found: Draft[] = [];
  const problems: Problem[] = [];
  for (const [index, content] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const trimmed = content.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [word = ""] = trimmed.split(/\s+/, 1);
    const rest = trimmed.slice(word.length).trim();
    const fault = read(word, rest, found, reservedUsers);
    if (fault === null) continue;
    const current = found.at(-1);
    if (current !== undefined) current.isUsable = false;
    problems.push({
      severity: "error",
      what: `${file} line ${index + 1}: ${fault.what}`,
      now: current === undefined ? "The line is ignored." : `The key "${current.id}" is not accepted.`,
      fix: fault.fix,
      where: { file, line: index + 1 },
    });
  }
  return { keys: found.filter(({ isUsable }) => isUsable), problems };
}

interface Draft {
  readonly id: string;
  readonly sha256: Buffer;
  username: string;
  readonly filters: string[];
  isUsable: boolean;
}

interface Fault {
  readonly what: string;
  readonly fix: string;
}

const MAKE_A_LINE = 'Make the line with "culex api-key <id>".';

/** Takes one line; says nothing of a secret that stands where its digest belongs. */
function read(word: string, rest: string, found: Draft[], reservedUsers: readonly string[]): Fault | null {
  const current = found.at(-1);
  switch (word) {
    case "key":
      return readKey(rest, found, reservedUsers);
    case "user":
      if (current === undefined) return noKey("user");
      if (rest === "") return { what: '"user" names nobody.', fix: "Write the name of a user behind it." };
      current.username = rest;
      return isReservedName(rest, reservedUsers) ? reserved(rest) : null;
    case "topic": {
      if (current === undefined) return noKey("topic");
      const fault = filterFault(rest);
      current.filters.push(rest);
      return fault === null ? null : { what: `"${rest}" is no topic filter: ${fault}.`, fix: "Correct the filter." };
    }
    default:
      return { what: "this line begins with none of key, user and topic.", fix: "Correct or remove the line." };
  }
}

function readKey(rest: string, found: Draft[], reservedUsers: readonly string[]): Fault | null {
  const [id = "", digest = "", ...more] = rest.split(/\s+/);
  const hex = more.length === 0 ? DIGEST.exec(digest)?.groups?.["hex"] : undefined;
  const isTwice = found.some((other) => other.id === id);
  found.push({
    id,
    sha256: Buffer.from(hex ?? "", "hex"),
    username: id,
    filters: [],
    isUsable: hex !== undefined && !isTwice,
  });
  const idFault = keyIdFault(id);
  if (idFault !== null) return { what: `"${id}" is no id of a key: ${idFault}.`, fix: MAKE_A_LINE };
  if (isTwice)
    return { what: `the key "${id}" is there already.`, fix: "Remove one of the two, or give it another id." };
  if (hex === undefined) return { what: `behind "${id}" there is no digest of a secret.`, fix: MAKE_A_LINE };
  return isReservedName(id, reservedUsers) ? reserved(id) : null;
}

function reserved(name: string): Fault {
  return { what: `the user name "${name}" is reserved.`, fix: "Use another user." };
}

function noKey(word: string): Fault {
  return { what: `"${word}" stands above the first key.`, fix: 'Put it below a "key" line.' };
}
