import { randomBytes } from "node:crypto";
import { parsePasswordHash } from "../core/password-hash.ts";

/**
 * Makes a hash that takes as long to check as the first slow one of a list, and that no password matches; null when
 * none of them takes a time that could be measured from outside.
 */
export function decoyFor(storedHashes: readonly string[]): string | null {
  for (const storedHash of storedHashes) {
    const decoy = decoyOf(storedHash);
    if (decoy !== null) return decoy;
  }
  return null;
}

function decoyOf(storedHash: string): string | null {
  const hash = parsePasswordHash(storedHash);
  switch (hash?.kind) {
    case "pbkdf2": {
      const [salt, bytes] = [hash.salt, hash.hash].map(({ length }) => unpadded(randomBytes(length)));
      return `pbkdf2-${hash.digest}$i=${hash.iterations},l=${hash.hash.length}$${salt}$${bytes}`;
    }
    case "argon2id": {
      const cost = `m=${hash.memoryKib},t=${hash.passes},p=${hash.parallelism}`;
      const [salt, bytes] = [hash.salt, hash.hash].map(({ length }) => unpadded(randomBytes(length)));
      return `$argon2id$v=19$${cost}$${salt}$${bytes}`;
    }
    case "bcrypt":
      return hash.text.slice(0, "$2b$10$".length) + randomBytes(27).toString("hex").slice(1);
    case "sha512":
    case undefined:
      return null;
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
