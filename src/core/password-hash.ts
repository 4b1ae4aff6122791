/** A stored password hash, split into its parts. */
export type PasswordHash =
  /** `$6$<salt>$<hash>`: SHA-512 over password and salt, one round (mosquitto). */
  | { readonly kind: "sha512"; readonly salt: Uint8Array; readonly hash: Uint8Array }
  /** `$7$...` (mosquitto), `PBKDF2$...` and `pbkdf2-sha512$i=...` (the official add-on). */
  | {
      readonly kind: "pbkdf2";
      readonly digest: Pbkdf2Digest;
      readonly iterations: number;
      readonly salt: Uint8Array;
      readonly hash: Uint8Array;
    }
  /** `$argon2id$v=19$m=...,t=...,p=...$<salt>$<hash>` (mosquitto 2.1). */
  | {
      readonly kind: "argon2id";
      readonly memoryKib: number;
      readonly passes: number;
      readonly parallelism: number;
      readonly salt: Uint8Array;
      readonly hash: Uint8Array;
    }
  /** `$2a$`, `$2b$`, `$2y$`; `text` is the whole string. */
  | { readonly kind: "bcrypt"; readonly cost: number; readonly text: string };

/** Digests that PBKDF2 is computed with. All but the last two are found in databases only. */
export const PBKDF2_DIGESTS = ["sha1", "sha224", "sha384", "ripemd160", "sha256", "sha512"] as const;

export type Pbkdf2Digest = (typeof PBKDF2_DIGESTS)[number];

/** Why a stored hash cannot be used. */
export type HashFault =
  | { readonly kind: "unknown" }
  /** `the ${hash} of "cam" ${what}.` is a sentence, and so is `fix`. */
  | { readonly kind: "costly"; readonly hash: string; readonly what: string; readonly fix: string };

/** The highest bcrypt cost that is checked; each step doubles the time, and above this a small machine needs minutes. */
export const MAX_BCRYPT_COST = 14;

/** The most memory that one check takes, in KiB: a small machine has little more; mosquitto writes 47104. */
export const MAX_ARGON2_KIB = 131_072;

/** More would take seconds. */
const MAX_ARGON2_PASSES = 32;

const MAX_ARGON2_LANES = 16;

/** A typing error in the iterations must not occupy a thread for hours. */
const MAX_ITERATIONS = 10_000_000;

/** Shorter ones could be guessed, and an empty one would accept every password. */
const MIN_HASH_BYTES = 16;

/** Each 64 bytes of hash cost all iterations once more. */
const MAX_HASH_BYTES = 512;

/** Length of a SHA-512 digest, and of every hash that mosquitto writes. */
const SHA512_BYTES = 64;

/**
 * Recognises a stored password hash; null when it is none that this broker knows.
 *
 *     $6$<salt>$<hash>                            mosquitto
 *     $7$<iterations>$<salt>$<hash>               mosquitto
 *     PBKDF2$sha512$<iterations>$<salt>$<hash>    the official add-on
 *     pbkdf2-sha512$i=<iterations>,l=<bytes>$<salt>$<hash>
 *     $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>
 *     $2b$<cost>$<22 characters of salt><31 of hash>
 *
 * Salt and hash are base64, padded in the first three, unpadded in the fourth and fifth.
 */
export function parsePasswordHash(text: string): PasswordHash | null {
  return parseBcrypt(text) ?? parseFields(text.split("$"));
}

/** Tells why a stored hash cannot be used; null when it can. */
export function hashFault(text: string): HashFault | null {
  const parsed = parsePasswordHash(text);
  if (parsed === null) return { kind: "unknown" };
  if (parsed.kind === "argon2id" && parsed.memoryKib > MAX_ARGON2_KIB) {
    return {
      kind: "costly",
      hash: "argon2id hash",
      what: `takes ${Math.ceil(parsed.memoryKib / 1024)} MiB of memory, more than a check may`,
      fix: `Make one with up to ${MAX_ARGON2_KIB / 1024} MiB, or use "culex passwd".`,
    };
  }
  if (parsed.kind !== "bcrypt" || parsed.cost <= MAX_BCRYPT_COST) return null;
  return {
    kind: "costly",
    hash: "bcrypt hash",
    what: `has cost ${parsed.cost}, and checking it would take minutes`,
    fix: `Make one with a cost up to ${MAX_BCRYPT_COST}, or use "culex passwd".`,
  };
}

function parseBcrypt(text: string): PasswordHash | null {
  const cost = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1]);
  return cost >= 4 && cost <= 31 ? { kind: "bcrypt", cost, text } : null;
}

function parseFields(fields: readonly string[]): PasswordHash | null {
  if (fields[0] === "" && fields[1] === "6") return parseSha512(fields.slice(2));
  if (fields[0] === "" && fields[1] === "argon2id") return parseArgon2id(fields.slice(2));
  if (fields[0] === "" && fields[1] === "7") return parseMosquittoPbkdf2(fields.slice(2));
  // the add-on's plugin leaves out empty fields before it looks at the rest
  const [name = "", ...rest] = fields.filter((field) => field !== "");
  switch (name) {
    case "PBKDF2":
      return parseAddonPbkdf2(rest);
    default: {
      const digest = PBKDF2_DIGESTS.find((digest) => name === `pbkdf2-${digest}`);
      return digest === undefined ? null : parseNamedPbkdf2(digest, rest);
    }
  }
}

function parseSha512([salt = "", hash = "", ...more]: readonly string[]): PasswordHash | null {
  const parts = decodeParts(salt, hash, decodePadded);
  if (parts?.hash.length !== SHA512_BYTES || more.length > 0) return null;
  return { kind: "sha512", ...parts };
}

function parseMosquittoPbkdf2([rounds = "", salt = "", hash = "", ...more]: readonly string[]): PasswordHash | null {
  const iterations = parseIterations(rounds);
  const parts = decodeParts(salt, hash, decodePadded);
  if (iterations === null || parts?.hash.length !== SHA512_BYTES || more.length > 0) return null;
  return { kind: "pbkdf2", digest: "sha512", iterations, ...parts };
}

function parseAddonPbkdf2([word, rounds = "", salt = "", hash = "", ...more]: readonly string[]): PasswordHash | null {
  const iterations = parseIterations(rounds);
  const parts = decodeParts(salt, hash, decodePadded);
  if (iterations === null || parts === null || more.length > 0) return null;
  if (word === "sha256") return { kind: "pbkdf2", digest: "sha256", iterations, ...parts };
  // the add-on's tool makes 64 bytes of SHA-512 for every other word; a foreign hash with that word would never match
  if (word !== "sha512" && parts.hash.length !== SHA512_BYTES) return null;
  return { kind: "pbkdf2", digest: "sha512", iterations, ...parts };
}

function parseNamedPbkdf2(
  digest: Pbkdf2Digest,
  [parameters = "", salt = "", hash = "", ...more]: readonly string[],
): PasswordHash | null {
  const [, rounds = "", length = ""] = /^i=(\d+),l=(\d+)$/.exec(parameters) ?? [];
  const iterations = parseIterations(rounds);
  const parts = decodeParts(salt, hash, decodeUnpadded);
  if (iterations === null || parts?.hash.length !== Number(length) || more.length > 0) return null;
  return { kind: "pbkdf2", digest, iterations, ...parts };
}

function parseArgon2id([
  version,
  parameters = "",
  salt = "",
  hash = "",
  ...more
]: readonly string[]): PasswordHash | null {
  const [, ...numbers] = /^m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})$/.exec(parameters) ?? [];
  const [memoryKib = 0, passes = 0, parallelism = 0] = numbers.map(Number);
  const parts = decodeParts(salt, hash, decodeUnpadded);
  if (version !== "v=19" || parts === null || parts.salt.length < 8 || more.length > 0) return null;
  if (passes < 1 || passes > MAX_ARGON2_PASSES || parallelism < 1 || parallelism > MAX_ARGON2_LANES) return null;
  // the algorithm has no smaller memory (RFC 9106, 3.1)
  return memoryKib < 8 * parallelism ? null : { kind: "argon2id", memoryKib, passes, parallelism, ...parts };
}

function parseIterations(text: string): number | null {
  const iterations = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return iterations >= 1 && iterations <= MAX_ITERATIONS ? iterations : null;
}

function decodeParts(
  saltText: string,
  hashText: string,
  decode: (text: string) => Uint8Array | null,
): { readonly salt: Uint8Array; readonly hash: Uint8Array } | null {
  const salt = decode(saltText);
  const hash = decode(hashText);
  if (salt === null || hash === null || salt.length === 0) return null;
  return hash.length >= MIN_HASH_BYTES && hash.length <= MAX_HASH_BYTES ? { salt, hash } : null;
}

/** Checked here, since Buffer skips what is not base64 and would make another hash of a damaged one. */
function decodePadded(text: string): Uint8Array | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  return Buffer.from(text, "base64");
}

function decodeUnpadded(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) return null;
  return Buffer.from(text, "base64");
}
