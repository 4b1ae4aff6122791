import { expect, test } from "vitest";
import { parseToken } from "../../../src/auth/jwt/token.ts";
import { hsToken, unsigned } from "./tokens.ts";

const whole = hsToken("secret", { sub: "meter" }, { alg: "HS256", kid: "k1" });
const [header = "", claims = "", signature = ""] = whole.split(".");

test("reads the three parts of a token", () => {
  expect(parseToken(whole)).toEqual({
    algorithm: "HS256",
    keyId: "k1",
    claims: { sub: "meter" },
    signed: `${header}.${claims}`,
    signature: Buffer.from(signature, "base64url"),
  });
});

test("signs the example of RFC 7515, A.1 as it is printed there", () => {
  const printed =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  expect(parseToken(printed)).toMatchObject({
    algorithm: "HS256",
    keyId: null,
    claims: { iss: "joe", exp: 1_300_819_380, "http://example.com/is_root": true },
  });
});

test.each([
  "",
  "secret",
  "a.b.c",
  "..",
  `${header}.${claims}`,
  `${header}.${claims}.`,
  `${whole}.${signature}`,
  `${header}=.${claims}.${signature}`,
  `${header}.${claims}.${signature}\n`,
  `${header}.${claims}.${signature.slice(0, -1)}+`,
  hsToken("secret", ["sub"]),
  hsToken("secret", null),
  `${unsigned({ kid: "k1" }, {})}.${signature}`,
  `${unsigned({ alg: 1 }, {})}.${signature}`,
  `${unsigned({ alg: "HS256", kid: 1 }, {})}.${signature}`,
  `${unsigned({ alg: "HS256", crit: ["exp"] }, {})}.${signature}`,
  `${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}.${claims}.${signature}`,
])("is no token: %j", (text) => {
  expect(parseToken(text)).toBeNull();
});
