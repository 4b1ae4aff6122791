import { createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import type { Token } from "./token.ts";

/** A key that tokens may be signed with. */
export interface TokenKey {
  /** As the key set calls it; null: it has no name. */
  readonly id: string | null;
  readonly key: KeyObject;
  /** What it may be used with: decided by the key, never by the token. */
  readonly algorithms: readonly string[];
}

/** How an algorithm of RFC 7518 signs, and with what kind of key. */
type Scheme =
  | { readonly kind: "secret"; readonly hash: string }
  | { readonly kind: "rsa"; readonly hash: string }
  | { readonly kind: "ec"; readonly hash: string; readonly curve: string };

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["HS256", { kind: "secret", hash: "sha256" }],
  ["HS384", { kind: "secret", hash: "sha384" }],
  ["HS512", { kind: "secret", hash: "sha512" }],
  ["RS256", { kind: "rsa", hash: "sha256" }],
  ["RS384", { kind: "rsa", hash: "sha384" }],
  ["RS512", { kind: "rsa", hash: "sha512" }],
  ["ES256", { kind: "ec", hash: "sha256", curve: "prime256v1" }],
  ["ES384", { kind: "ec", hash: "sha384", curve: "secp384r1" }],
  ["ES512", { kind: "ec", hash: "sha512", curve: "secp521r1" }],
]);

/** Every algorithm that a token may be signed with. "none" is not among them. */
export const EVERY_ALGORITHM: readonly string[] = [...SCHEMES.keys()];

/** RFC 7518, 3.3 */
const MIN_RSA_BITS = 2048;

/** Tells what a key may be used with; an empty list when it is of no use here: too short, or of another kind. */
export function algorithmsFor(key: KeyObject): readonly string[] {
  return EVERY_ALGORITHM.filter((name) => {
    const scheme = SCHEMES.get(name);
    return scheme !== undefined && fits(scheme, key);
  });
}

/** Whether a key signed a token. Never true for an algorithm that is not the key's own. */
export function isSignedBy({ algorithm, signed, signature }: Token, { key, algorithms }: TokenKey): boolean {
  const scheme = SCHEMES.get(algorithm);
  // a public key must never serve as the secret of an HS token: anybody has it
  if (scheme === undefined || !algorithms.includes(algorithm) || !fits(scheme, key)) return false;
  switch (scheme.kind) {
    case "secret": {
      const expected = createHmac(scheme.hash, key).update(signed).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    }
    case "rsa":
      return verify(scheme.hash, Buffer.from(signed), key, signature);
    case "ec":
      return verify(scheme.hash, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature);
  }
}

function fits(scheme: Scheme, key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (scheme.kind) {
    case "secret":
      return key.type === "secret";
    case "rsa":
      return key.type === "public" && key.asymmetricKeyType === "rsa" && modulusLength >= MIN_RSA_BITS;
    case "ec":
      return key.type === "public" && key.asymmetricKeyType === "ec" && namedCurve === scheme.curve;
  }
}
