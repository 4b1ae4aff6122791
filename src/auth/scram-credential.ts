import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import type { ScramCredential } from "../core/types.ts";
import { saslPrep } from "./sasl-prep.ts";
import { scramKeys } from "./scram.ts";

/** The least that RFC 7677 allows: the small devices of a house compute them too. */
const ITERATIONS = 4096;

const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Makes what SCRAM-SHA-256 needs from a password. `digest` is keyed, so that a salt tells nothing, and it depends on
 * the name alone, so that a name that nobody has gets a salt like any other. The keys are computed anew each time: what
 * is remembered would be answered faster than for a name that nobody has.
 */
export function scramCredential(username: string, password: string, digest: (text: string) => string): ScramCredential {
  const salt = Buffer.from(digest(`scram-salt:${username}`), "base64url").subarray(0, SALT_BYTES);
  return {
    salt,
    iterations: ITERATIONS,
    keys: async () => scramKeys(await promisify(pbkdf2)(saslPrep(password), salt, ITERATIONS, KEY_BYTES, "sha256")),
  };
}
