import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

type Json = Readonly<Record<string, unknown>>;

/** Writes the two parts that are signed. */
export function unsigned(header: Json, claims: unknown): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
}

/** A token signed with a secret. */
export function hsToken(secret: string | Buffer, claims: unknown, header: Json = { alg: "HS256" }): string {
  const hash = `sha${String(header["alg"]).slice(2)}`;
  const text = unsigned(header, claims);
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}

/** A token signed with a private key: RS256, ES384... */
export function signedToken(key: KeyObject, claims: unknown, header: Json): string {
  const text = unsigned(header, claims);
  const hash = `sha${String(header["alg"]).slice(2)}`;
  return `${text}.${sign(hash, Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** An RSA pair, and its public half as PEM and as an entry of a key set. */
export function rsaPair(modulusLength = 2048): KeyPair {
  return described(generateKeyPairSync("rsa", { modulusLength }));
}

/** An EC pair. */
export function ecPair(namedCurve: string): KeyPair {
  return described(generateKeyPairSync("ec", { namedCurve }));
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly pem: string;
  readonly jwk: Json;
}

function described({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): KeyPair {
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { privateKey, publicKey, pem, jwk: { ...publicKey.export({ format: "jwk" }) } };
}
