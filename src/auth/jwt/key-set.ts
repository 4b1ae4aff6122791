import { createPublicKey, type KeyObject } from "node:crypto";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { algorithmsFor, type TokenKey } from "./signature.ts";

/** More keys than any signer has; each may have to be tried. */
const MAX_KEYS = 100;

/**
 * Reads a key set (RFC 7517): `{"keys": [{"kty": "RSA", "kid": "2026-11", "n": "...", "e": "AQAB"}]}`. Keys that
 * cannot serve here are left out: secrets (whoever can read the set has them), keys for encryption, other kinds.
 * @throws Error when it is no key set.
 */
export function parseKeySet(text: string): readonly TokenKey[] {
  const set: unknown = JSON.parse(text);
  const keys: unknown = isRawObject(set) ? set["keys"] : null;
  if (!Array.isArray(keys)) throw new Error("no list of keys");
  if (keys.length > MAX_KEYS) throw new Error(`more than ${MAX_KEYS} keys`);
  return keys.flatMap((key: unknown) => (isRawObject(key) ? keyOf(key) : []));
}

function keyOf(jwk: RawObject): readonly TokenKey[] {
  const { kid, use = "sig", alg, key_ops: uses = ["verify"] } = jwk;
  if (use !== "sig" || !Array.isArray(uses) || !uses.includes("verify")) return [];
  const key = publicKeyOf(jwk);
  if (key === null) return [];
  const algorithms = algorithmsFor(key).filter((name) => alg === undefined || alg === name);
  return algorithms.length === 0 ? [] : [{ id: typeof kid === "string" ? kid : null, key, algorithms }];
}

function publicKeyOf(jwk: RawObject): KeyObject | null {
  const { kty, n, e, crv, x, y } = jwk;
  try {
    // only the public parts are taken: a set that shows a private key must not make it ours
    return createPublicKey({ key: { kty: String(kty), ...textsOf({ n, e, crv, x, y }) }, format: "jwk" });
  } catch {
    return null;
  }
}

function textsOf(fields: RawObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])),
  );
}
