import { describe, expect, test } from "vitest";
import { readClientFinal, readClientFirst } from "../../src/auth/scram-message.ts";

const NOT_SCRAM = "sent authentication data that is not SCRAM";
const NOT_HERE = "sent authentication data that cannot be accepted";
const PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

describe("the first message of a client", () => {
  test.each([
    ["n,,n=user,r=abc", { username: "user", authzid: null, nonce: "abc", gs2Header: "n,,", bare: "n=user,r=abc" }],
    ["y,,n=user,r=abc", { username: "user", authzid: null, nonce: "abc", gs2Header: "y,,", bare: "n=user,r=abc" }],
    [
      "n,a=user,n=user,r=a",
      { username: "user", authzid: "user", nonce: "a", gs2Header: "n,a=user,", bare: "n=user,r=a" },
    ],
    [
      "n,,n=a=2Cb=3Dc=3D2C,r=a",
      { username: "a,b=c=2C", authzid: null, nonce: "a", gs2Header: "n,,", bare: "n=a=2Cb=3Dc=3D2C,r=a" },
    ],
    ["n,,n=ü 🔑,r=a", { username: "ü 🔑", authzid: null, nonce: "a", gs2Header: "n,,", bare: "n=ü 🔑,r=a" }],
    [
      "n,,n=__proto__,r=a",
      { username: "__proto__", authzid: null, nonce: "a", gs2Header: "n,,", bare: "n=__proto__,r=a" },
    ],
    // an optional extension is left unread, and signed
    [
      "n,,n=user,r=!~=,x=1,y=2",
      { username: "user", authzid: null, nonce: "!~=", gs2Header: "n,,", bare: "n=user,r=!~=,x=1,y=2" },
    ],
  ])("%s", (text, parts) => {
    expect(readClientFirst(Buffer.from(text))).toEqual({ kind: "client-first", ...parts });
  });

  test.each([
    ["", `${NOT_SCRAM}: it does not begin with a channel binding flag`],
    ["user", `${NOT_SCRAM}: it does not begin with a channel binding flag`],
    ["N,,n=user,r=abc", `${NOT_SCRAM}: it does not begin with a channel binding flag`],
    ["n=user,r=abc", `${NOT_SCRAM}: it does not begin with a channel binding flag`],
    ["x,,n=user,r=abc", `${NOT_SCRAM}: it does not begin with a channel binding flag`],
    ["n,user,n=user,r=abc", `${NOT_SCRAM}: the name to act as cannot be read`],
    ["n,a=u=er,n=user,r=abc", `${NOT_SCRAM}: the name to act as cannot be read`],
    ["n,,", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,n=user,r=abc", `${NOT_SCRAM}: the name to act as cannot be read`],
    ["n,,n=,r=abc", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,,n=a=b,r=abc", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,,n=a=2c,r=abc", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,,n=a=,r=abc", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,,n=a,b,r=abc", `${NOT_SCRAM}: the nonce cannot be read`],
    ["n,,r=abc,n=user", `${NOT_SCRAM}: the user name cannot be read`],
    ["n,,n=user", `${NOT_SCRAM}: the nonce cannot be read`],
    ["n,,n=user,r=", `${NOT_SCRAM}: the nonce cannot be read`],
    ["n,,n=user,r=a b", `${NOT_SCRAM}: the nonce cannot be read`],
    ["n,,n=user,r=ü", `${NOT_SCRAM}: the nonce cannot be read`],
    ["n,,n=user,r=abc,", `${NOT_SCRAM}: what follows the nonce cannot be read`],
    ["n,,n=user,r=abc,1=x", `${NOT_SCRAM}: what follows the nonce cannot be read`],
    ["n,,n=user,r=abc,m=x", `${NOT_SCRAM}: what follows the nonce cannot be read`],
    ["n,,n=us\0er,r=abc", `${NOT_SCRAM}: it is no text, or too long`],
    [`n,,n=user,r=${"a".repeat(4096)}`, `${NOT_SCRAM}: it is no text, or too long`],
  ])("%j is malformed", (text, sentence) => {
    expect(readClientFirst(Buffer.from(text))).toEqual({ kind: "malformed", sentence });
  });

  test("bytes that are no UTF-8 are malformed", () => {
    const bytes = Buffer.from([0x6e, 0x2c, 0x2c, 0x6e, 0x3d, 0xff, 0x2c, 0x72, 0x3d, 0x61]);
    const sentence = `${NOT_SCRAM}: it is no text, or too long`;
    expect(readClientFirst(bytes)).toEqual({ kind: "malformed", sentence });
  });

  test.each([
    ["p=tls-unique,,n=user,r=abc", "it asks for channel binding, which SCRAM-SHA-256 without -PLUS does not have"],
    ["p=,,n=user,r=abc", "it asks for channel binding, which SCRAM-SHA-256 without -PLUS does not have"],
    ["n,,m=ext,n=user,r=abc", "it demands an extension, and there is none here"],
  ])("%s cannot be accepted", (text, what) => {
    const sentence = `${NOT_HERE}: ${what}`;
    expect(readClientFirst(Buffer.from(text))).toEqual({ kind: "protocol_error", sentence });
  });
});

describe("the last message of a client", () => {
  test.each([
    [`c=biws,r=abc,p=${PROOF}`, "c=biws,r=abc"],
    [`c=biws,r=abc,x=1,p=${PROOF}`, "c=biws,r=abc,x=1"],
  ])("%s", (text, withoutProof) => {
    expect(readClientFinal(Buffer.from(text))).toEqual({
      kind: "client-final",
      channelBinding: "biws",
      nonce: "abc",
      proof: Buffer.from(PROOF, "base64"),
      withoutProof,
    });
  });

  test.each([
    ["", "the channel binding cannot be read"],
    [`r=abc,c=biws,p=${PROOF}`, "the channel binding cannot be read"],
    [`c=,r=abc,p=${PROOF}`, "the channel binding cannot be read"],
    [`c=b*ws,r=abc,p=${PROOF}`, "the channel binding cannot be read"],
    [`c=biws,p=${PROOF}`, "the nonce cannot be read"],
    [`c=biws,r=,p=${PROOF}`, "the nonce cannot be read"],
    [`c=biws,r=abc,m=x,p=${PROOF}`, "what follows the nonce cannot be read"],
    ["c=biws,r=abc", "the nonce cannot be read"],
    ["c=biws,r=abc,p=", "the proof cannot be read"],
    ["c=biws,r=abc,p=AAAA", "the proof cannot be read"],
    [`c=biws,r=abc,p=${PROOF}=`, "the proof cannot be read"],
    [`c=biws,r=abc,p=${PROOF},x=1`, "the proof cannot be read"],
  ])("%j is malformed", (text, what) => {
    const sentence = `${NOT_SCRAM}: ${what}`;
    expect(readClientFinal(Buffer.from(text))).toEqual({ kind: "malformed", sentence });
  });
});
