import { createHash, timingSafeEqual } from "node:crypto";
import { hashFault, type Pbkdf2Digest, PBKDF2_DIGESTS } from "../core/password-hash.ts";
import { passwordBytes } from "./password-bytes.ts";

/** How the passwords of a database are stored. */
export type HashAlgorithm =
  | { readonly kind: "plain" }
  /** The stored text says itself how it was made: bcrypt, `$7$`, `PBKDF2$`, argon2id. */
  | { readonly kind: "encoded" }
  /** One round over password and salt, in hex. */
  | { readonly kind: "digest"; readonly digest: Digest; readonly salt: "none" | "prefix" | "suffix" }
  /** In hex; `bytes` null: as many as the digest has. */
  | {
      readonly kind: "pbkdf2";
      readonly digest: Pbkdf2Digest;
      readonly iterations: number;
      readonly bytes: number | null;
    };

/** What is stored for a user, as text; `salt` is empty where there is none. */
export interface StoredPassword {
  readonly hash: string;
  readonly salt: string;
}

/** "unusable": what is stored is nothing that a password of this algorithm could match. */
export type PasswordMatch = "right" | "wrong" | "unusable";

const DIGESTS = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] as const;

type Digest = (typeof DIGESTS)[number];

/** What can be written in `password_hash`, for messages. */
export const HASH_ALGORITHMS =
  'plain, md5, sha1, sha256, sha512, "salt,sha256", "sha256,salt", bcrypt, "pbkdf2,sha256,1000,20" or encoded';

/**
 * Reads the name of an algorithm as EMQ writes it; null when there is none of that name.
 *
 *     sha256                   H(password)
 *     salt,sha256              H(salt, password); so does "salt sha256"
 *     sha256,salt              H(password, salt)
 *     bcrypt                   so does "salt,bcrypt": the hash has its salt in it
 *     pbkdf2,sha256,1000,20    digest, iterations, bytes; without the last: those of the digest
 *     encoded                  whatever the stored text says it is
 */
export function parseHashAlgorithm(text: string): HashAlgorithm | null {
  const [first = "", second, ...more] = text
    .trim()
    .toLowerCase()
    .split(/[\s,]+/);
  if (first === "pbkdf2") return parsePbkdf2(second, more);
  if (more.length > 0) return null;
  if (first === "salt") return second === "bcrypt" ? { kind: "encoded" } : digestOf(second, "prefix");
  if (second !== undefined) return second === "salt" ? digestOf(first, "suffix") : null;
  if (first === "plain") return { kind: "plain" };
  return first === "bcrypt" || first === "encoded" ? { kind: "encoded" } : digestOf(first, "none");
}

/**
 * Checks a password against what is stored; `verify` computes what takes long.
 * @throws BackendError when there is too much to compute.
 */
export async function matchPassword(
  algorithm: HashAlgorithm,
  stored: StoredPassword,
  password: Uint8Array,
  verify: (storedHash: string, password: Uint8Array) => Promise<boolean>,
): Promise<PasswordMatch> {
  const bytes = passwordBytes(password);
  if (stored.hash === "") return "unusable";
  if (bytes.length === 0) return "wrong";
  switch (algorithm.kind) {
    case "plain":
      // digests have one length, so that the time tells nothing
      return judge(timingSafeEqual(sha256(bytes), sha256(Buffer.from(stored.hash))));
    case "digest":
      return matchDigest(algorithm, stored, bytes);
    case "encoded":
    case "pbkdf2": {
      const encoded = encodedHash(algorithm, stored);
      if (encoded === null || hashFault(encoded) !== null) return "unusable";
      return judge(await verify(encoded, bytes));
    }
  }
}

/** What is stored as the verifier of the whole program knows it; null: it is computed here, at once, or cannot be. */
export function encodedHash(algorithm: HashAlgorithm, stored: StoredPassword): string | null {
  switch (algorithm.kind) {
    case "encoded":
      return stored.hash;
    case "pbkdf2":
      return encodePbkdf2(algorithm, stored);
    case "plain":
    case "digest":
      return null;
  }
}

function digestOf(name: string | undefined, salt: "none" | "prefix" | "suffix"): HashAlgorithm | null {
  const digest = DIGESTS.find((known) => known === (name === "sha" ? "sha1" : name));
  return digest === undefined ? null : { kind: "digest", digest, salt };
}

function parsePbkdf2(
  name: string | undefined,
  [rounds = "", length, ...more]: readonly string[],
): HashAlgorithm | null {
  const digest = PBKDF2_DIGESTS.find((known) => known === (name === "sha" ? "sha1" : name));
  const iterations = /^\d{1,8}$/.test(rounds) ? Number(rounds) : 0;
  const bytes = length === undefined ? null : /^\d{1,3}$/.test(length) ? Number(length) : 0;
  if (digest === undefined || iterations < 1 || (bytes !== null && bytes < 16) || more.length > 0) return null;
  return { kind: "pbkdf2", digest, iterations, bytes };
}

function matchDigest(
  { digest, salt }: HashAlgorithm & { readonly kind: "digest" },
  stored: StoredPassword,
  password: Buffer,
): PasswordMatch {
  const hash = createHash(digest);
  // the salt counts as it is written, also where it looks like hex
  if (salt === "prefix") hash.update(stored.salt);
  hash.update(password);
  if (salt === "suffix") hash.update(stored.salt);
  const actual = hash.digest();
  const expected = fromHex(stored.hash);
  return expected?.length === actual.length ? judge(timingSafeEqual(actual, expected)) : "unusable";
}

function encodePbkdf2(
  { digest, iterations, bytes }: HashAlgorithm & { readonly kind: "pbkdf2" },
  { hash, salt }: StoredPassword,
): string | null {
  const expected = fromHex(hash);
  if (expected === null || (bytes !== null && expected.length !== bytes)) return null;
  if (bytes === null && expected.length !== createHash(digest).digest().length) return null;
  const [saltText, hashText] = [Buffer.from(salt), expected].map((part) => part.toString("base64").replace(/=+$/, ""));
  return `pbkdf2-${digest}$i=${iterations},l=${expected.length}$${saltText}$${hashText}`;
}

function fromHex(text: string): Buffer | null {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, "hex") : null;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function judge(matches: boolean): PasswordMatch {
  return matches ? "right" : "wrong";
}
