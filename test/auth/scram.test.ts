import { pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findTampering, scramKeys, serverFinal, serverFirst } from "../../src/auth/scram.ts";
import { readClientFinal, readClientFirst } from "../../src/auth/scram-message.ts";

// the example of RFC 7677, section 3: user "user", password "pencil"
const SALT = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const NONCE = CLIENT_NONCE + SERVER_NONCE;
const PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const FINAL = `c=biws,r=${NONCE},p=${PROOF}`;
const SIGNATURE = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const keysOf = (password: string) => scramKeys(pbkdf2Sync(password, SALT, 4096, 32, "sha256"));

function begin(clientFirst = `n,,n=user,r=${CLIENT_NONCE}`) {
  const first = readClientFirst(Buffer.from(clientFirst));
  if (first.kind !== "client-first") throw new Error(first.sentence);
  return serverFirst(first, SERVER_NONCE, { salt: SALT, iterations: 4096 });
}

function end(text: string) {
  const final = readClientFinal(Buffer.from(text));
  if (final.kind !== "client-final") throw new Error(final.sentence);
  return final;
}

describe("SCRAM-SHA-256", () => {
  test("exchanges the messages of RFC 7677", () => {
    const challenge = begin();
    expect(challenge.message).toBe(`r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    expect(findTampering(challenge, end(FINAL))).toBeNull();
    expect(serverFinal(challenge, end(FINAL), keysOf("pencil"))).toBe(SIGNATURE);
  });

  test.each([
    ["another password", FINAL, "Pencil"],
    ["a proof with one bit changed", FINAL.replace("p=d", "p=c"), "pencil"],
    ["a proof of zeros", FINAL.replace(PROOF, Buffer.alloc(32).toString("base64")), "pencil"],
    ["an extension that was not signed", FINAL.replace(",p=", ",x=1,p="), "pencil"],
  ])("knows %s for wrong", (_name, text, password) => {
    expect(serverFinal(begin(), end(text), keysOf(password))).toBeNull();
  });

  test.each([
    ["n=other,r=", "another user"],
    ["n=user,r=x", "another nonce of the client"],
    ["n=user,r=", "an extension"],
  ])("does not take a proof of one exchange in another (%s)", (bare, what) => {
    const rest = what === "an extension" ? ",x=1" : "";
    const challenge = begin(`n,,${bare}${CLIENT_NONCE}${rest}`);
    expect(serverFinal(challenge, end(FINAL), keysOf("pencil"))).toBeNull();
  });

  test.each([
    ["biws", "n,,", null],
    ["eSws", "y,,", null],
    ["bixhPXVzZXIs", "n,a=user,", null],
    ["eSws", "n,,", "ended its authentication with another channel binding than it began with"],
    ["biws", "y,,", "ended its authentication with another channel binding than it began with"],
    ["biws", "n,a=user,", "ended its authentication with another channel binding than it began with"],
    // "p=tls-unique,,": the flag that nobody may have begun with
    ["cD10bHMtdW5pcXVlLCw=", "n,,", "ended its authentication with another channel binding than it began with"],
  ])("the channel binding %s after a beginning with %s", (binding, header, sentence) => {
    const challenge = begin(`${header}n=user,r=${CLIENT_NONCE}`);
    const found = findTampering(challenge, end(FINAL.replace("biws", binding)));
    expect(found).toEqual(sentence === null ? null : { kind: "not_allowed", sentence });
  });

  test.each([
    ["only its own", CLIENT_NONCE],
    ["only ours", SERVER_NONCE],
    ["one character more", `${NONCE}x`],
    ["one character less", NONCE.slice(0, -1)],
    ["another case", NONCE.toLowerCase()],
    ["that of an earlier exchange", `${CLIENT_NONCE}another`],
  ])("a nonce that is %s is no answer", (_name, nonce) => {
    expect(findTampering(begin(), end(FINAL.replace(NONCE, nonce)))).toEqual({
      kind: "not_allowed",
      sentence: "ended its authentication with another nonce than it was given",
    });
  });
});
