import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { BackendError } from "../core/errors.ts";
import { MAX_ARGON2_KIB, MAX_BCRYPT_COST, type PasswordHash, parsePasswordHash } from "../core/password-hash.ts";
import { createBcrypt } from "./bcrypt.ts";
import { createLane } from "./lane.ts";
import { passwordBytes } from "./password-bytes.ts";
import { createRecent } from "./recent.ts";

/** Checks passwords against stored hashes without holding the event loop. */
export interface PasswordVerifier {
  /** @throws BackendError when it could not be checked: too much to do, or a hash that cannot be computed here. */
  readonly verify: (storedHash: string, password: Uint8Array) => Promise<boolean>;
  /** Ends the checks that wait with a BackendError. */
  readonly close: () => Promise<void>;
}

/** Half of libuv's four threads: files and name lookups use the same ones. */
const PBKDF2_WIDTH = 2;

/** OWASP's figure for PBKDF2-HMAC-SHA512. */
const NEW_ITERATIONS = 210_000;

/** The one length that mosquitto 2.0 and 2.1 both read. */
const NEW_SALT_BYTES = 12;

const NEW_HASH_BYTES = 64;

/**
 * Makes the one verifier of a process. A hash and a password always give the same result, so results are remembered
 * for five minutes, the wrong ones too: a device with a wrong password tries it every few seconds. What is remembered
 * is a digest under a key that never leaves this function, and a changed hash is another key.
 */
export function createPasswordVerifier({ now }: { readonly now: () => number }): PasswordVerifier {
  const key = randomBytes(32);
  const matched = createRecent(now);
  const failed = createRecent(now);
  const inFlight = new Map<string, Promise<boolean>>();
  const lane = createLane(PBKDF2_WIDTH);
  const bcrypt = createBcrypt();

  const check = async (storedHash: string, password: Buffer): Promise<boolean> => {
    const hash = parsePasswordHash(storedHash);
    switch (hash?.kind) {
      case "sha512":
        return matchesSha512(hash, password);
      case "pbkdf2":
        return lane.run(storedHash, () => matchesPbkdf2(hash, password));
      case "argon2id":
        if (hash.memoryKib > MAX_ARGON2_KIB) throw new BackendError(`argon2id with ${hash.memoryKib} KiB is too much`);
        return lane.run(storedHash, () => matchesArgon2id(hash, password));
      case "bcrypt":
        if (hash.cost > MAX_BCRYPT_COST) throw new BackendError(`bcrypt cost ${hash.cost} would take minutes`);
        return bcrypt.matches(password, hash.text);
      case undefined:
        throw new BackendError("a stored password is not a known hash");
    }
  };

  const checkAndRemember = async (id: string, storedHash: string, password: Buffer): Promise<boolean> => {
    try {
      const matches = await check(storedHash, password);
      (matches ? matched : failed).add(id);
      return matches;
    } finally {
      inFlight.delete(id);
    }
  };

  return {
    async verify(storedHash, password) {
      const bytes = passwordBytes(password);
      if (bytes.length === 0) return false;
      // no stored hash holds a zero byte, so the two cannot run into each other
      const id = createHmac("sha256", key).update(storedHash).update("\0").update(bytes).digest("base64");
      if (matched.has(id)) return true;
      if (failed.has(id)) return false;
      const running = inFlight.get(id) ?? checkAndRemember(id, storedHash, bytes);
      inFlight.set(id, running);
      return running;
    },

    async close() {
      lane.close();
      await bcrypt.close();
    },
  };
}

/**
 * Makes a `$7$` hash that mosquitto 2.0 and 2.1 read too.
 * @throws Error when the password is empty or holds a zero character, which ends a password.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password === "" || password.includes("\0")) throw new Error("a password has one character or more, and no zero");
  const salt = randomBytes(NEW_SALT_BYTES);
  const hash = await promisify(pbkdf2)(password, salt, NEW_ITERATIONS, NEW_HASH_BYTES, "sha512");
  return `$7$${NEW_ITERATIONS}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

function matchesSha512({ salt, hash }: PasswordHash & { readonly kind: "sha512" }, password: Buffer): boolean {
  return timingSafeEqual(createHash("sha512").update(password).update(salt).digest(), hash);
}

async function matchesArgon2id(
  { memoryKib, passes, parallelism, salt, hash }: PasswordHash & { readonly kind: "argon2id" },
  password: Buffer,
): Promise<boolean> {
  // an import would keep the program from starting on a Node without it (before 24.7)
  const { argon2 } = process.getBuiltinModule("node:crypto");
  if (typeof argon2 !== "function") throw new BackendError("this Node cannot compute argon2id");
  const cost = { memory: memoryKib, passes, parallelism, tagLength: hash.length };
  return timingSafeEqual(await promisify(argon2)("argon2id", { message: password, nonce: salt, ...cost }), hash);
}

async function matchesPbkdf2(stored: PasswordHash & { readonly kind: "pbkdf2" }, password: Buffer): Promise<boolean> {
  const { digest, iterations, salt, hash } = stored;
  return timingSafeEqual(await promisify(pbkdf2)(password, salt, iterations, hash.length, digest), hash);
}
