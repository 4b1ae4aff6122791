import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Reason, ScramKeys } from "../core/types.ts";
import type { ClientFinal, ClientFirst } from "./scram-message.ts";

/** The answer to a client's first message, and what its last one is checked against. */
export interface ServerFirst {
  readonly first: ClientFirst;
  /** The client's nonce with ours behind it. */
  readonly nonce: string;
  /** `r=<both nonces>,s=<salt>,i=<iterations>` */
  readonly message: string;
}

/** Answers a client's first message (RFC 5802, section 3); `nonce` is ours, printable and without a comma. */
export function serverFirst(
  first: ClientFirst,
  nonce: string,
  { salt, iterations }: { readonly salt: Uint8Array; readonly iterations: number },
): ServerFirst {
  const both = first.nonce + nonce;
  const message = `r=${both},s=${Buffer.from(salt).toString("base64")},i=${iterations}`;
  return { first, nonce: both, message };
}

/** Finds what tells before any proof that a last message does not belong to its first one; null: nothing. */
export function findTampering({ first, nonce }: ServerFirst, final: ClientFinal): Reason | null {
  // a client that could bind to the channel, or wants to act as another, was not heard as it spoke (RFC 5802, 6)
  if (final.channelBinding !== Buffer.from(first.gs2Header).toString("base64")) {
    return {
      kind: "not_allowed",
      sentence: "ended its authentication with another channel binding than it began with",
    };
  }
  if (final.nonce !== nonce) {
    return { kind: "not_allowed", sentence: "ended its authentication with another nonce than it was given" };
  }
  return null;
}

/** Checks a client's proof, and gives `v=<our signature>`, by which it knows us; null when the proof is wrong. */
export function serverFinal({ first, message }: ServerFirst, final: ClientFinal, keys: ScramKeys): string | null {
  const signed = `${first.bare},${message},${final.withoutProof}`;
  const clientSignature = hmac(keys.storedKey, signed);
  const clientKey = Buffer.from(final.proof.map((byte, index) => byte ^ (clientSignature[index] ?? 0)));
  if (!timingSafeEqual(sha256(clientKey), keys.storedKey)) return null;
  return `v=${hmac(keys.serverKey, signed).toString("base64")}`;
}

/** Keys of a salted password, PBKDF2 with HMAC-SHA-256 and 32 bytes (RFC 5802, section 3). */
export function scramKeys(saltedPassword: Uint8Array): ScramKeys {
  return {
    storedKey: sha256(hmac(saltedPassword, "Client Key")),
    serverKey: hmac(saltedPassword, "Server Key"),
  };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
