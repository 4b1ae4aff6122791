import { createSecretKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { algorithmsFor, EVERY_ALGORITHM, isSignedBy, type TokenKey } from "../../../src/auth/jwt/signature.ts";
import { parseToken, type Token } from "../../../src/auth/jwt/token.ts";
import { ecPair, hsToken, rsaPair, signedToken, unsigned } from "./tokens.ts";

const secret = "a secret that is long enough for all";
const rsa = rsaPair();
const curves = { ES256: ecPair("P-256"), ES384: ecPair("P-384"), ES512: ecPair("P-521") };
const claims = { sub: "meter" };

const hs: TokenKey = {
  id: null,
  key: createSecretKey(Buffer.from(secret)),
  algorithms: ["HS256", "HS384", "HS512"],
};
const rs: TokenKey = { id: null, key: rsa.publicKey, algorithms: ["RS256", "RS384", "RS512"] };

function parsed(text: string): Token {
  const token = parseToken(text);
  if (token === null) throw new Error("no token");
  return token;
}

test.each([
  ...["HS256", "HS384", "HS512"].map((alg) => ({ alg, text: hsToken(secret, claims, { alg }), key: hs })),
  ...["RS256", "RS384", "RS512"].map((alg) => ({ alg, text: signedToken(rsa.privateKey, claims, { alg }), key: rs })),
  ...Object.entries(curves).map(([alg, { privateKey, publicKey }]) => ({
    alg,
    text: signedToken(privateKey, claims, { alg }),
    key: { id: null, key: publicKey, algorithms: [alg] },
  })),
])("$alg: the right key signed it, and no other; nothing may be changed", ({ text, key }) => {
  const token = parsed(text);
  expect(isSignedBy(token, key)).toBe(true);
  expect(isSignedBy({ ...token, signed: `${token.signed}A` }, key)).toBe(false);
  for (const signature of [Buffer.alloc(0), Buffer.alloc(token.signature.length), token.signature.subarray(1)]) {
    expect(isSignedBy({ ...token, signature }, key)).toBe(false);
  }
  for (const algorithm of [...EVERY_ALGORITHM, "none", "None", "", "hs256", "PS256", "EdDSA", "toString"]) {
    expect(isSignedBy({ ...token, algorithm }, key)).toBe(algorithm === token.algorithm);
  }
  // what else the key is said to be for does not matter
  for (const algorithm of EVERY_ALGORITHM) {
    const named = isSignedBy({ ...token, algorithm }, { ...key, algorithms: EVERY_ALGORITHM });
    expect(named).toBe(algorithm === token.algorithm);
  }
});

test.each([rsa.pem, rsa.pem.trim(), JSON.stringify(rsa.jwk), rsa.publicKey.export({ type: "spki", format: "der" })])(
  "a public key is no secret (%#)",
  (known) => {
    const forged = parsed(hsToken(known, claims));
    expect(isSignedBy(forged, rs)).toBe(false);
    expect(isSignedBy(forged, { ...rs, algorithms: EVERY_ALGORITHM })).toBe(false);
  },
);

test("an unsigned token is signed by nobody", () => {
  const token = { ...parsed(`${unsigned({ alg: "none" }, claims)}.AAAA`), signature: Buffer.alloc(0) };
  for (const key of [hs, rs])
    expect(isSignedBy(token, { ...key, algorithms: ["none", ...EVERY_ALGORITHM] })).toBe(false);
});

test("the key says which algorithms it is for", () => {
  expect(algorithmsFor(hs.key)).toEqual(["HS256", "HS384", "HS512"]);
  expect(algorithmsFor(rs.key)).toEqual(["RS256", "RS384", "RS512"]);
  expect(Object.values(curves).map(({ publicKey }) => algorithmsFor(publicKey))).toEqual([
    ["ES256"],
    ["ES384"],
    ["ES512"],
  ]);
});

test("short, private and other keys are for nothing", () => {
  expect(algorithmsFor(rsaPair(1024).publicKey)).toEqual([]);
  expect(algorithmsFor(rsa.privateKey)).toEqual([]);
  expect(algorithmsFor(ecPair("secp256k1").publicKey)).toEqual([]);
  expect(algorithmsFor(generateKeyPairSync("ed25519").publicKey)).toEqual([]);
});
