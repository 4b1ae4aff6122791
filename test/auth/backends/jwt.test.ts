import { expect, onTestFinished, test } from "vitest";
import { jwt } from "../../../src/auth/backends/jwt.ts";
import type { Decision, Identity } from "../../../src/core/types.ts";
import { webServer } from "../../helpers/web-server.ts";
import { authenticatorContract } from "../authenticator-contract.ts";
import { backendContext, client } from "../context.ts";
import { ecPair, hsToken, rsaPair, signedToken, unsigned } from "../jwt/tokens.ts";

const { signal } = new AbortController();
const secret = "correct horse battery staple";
const rsa = rsaPair();
const nowS = 1_800_000_000;

authenticatorContract({
  backend: jwt,
  settings: { secret },
  accepts: [client("meter", hsToken(secret, { sub: "meter" })), client("ALICE", hsToken(secret, { sub: "ALICE" }))],
  settingsWithout: { secret: "another" },
  invalid: [
    "hunter2",
    { hunter2: secret },
    { secret: "hunter2", public_key: rsa.pem },
    { secret: "hunter2", algorithms: ["none"] },
    { secret: "hunter2", algorithms: ["RS256"] },
    { secret: "hunter2", algorithms: [] },
    { secret: "hunter2", leeway: 301 },
    { secret: "hunter2", refresh_interval: 60 },
    { secret: "hunter2!", secret_base64_encoded: true },
    { public_key: "hunter2" },
    { public_key: "-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----" },
    { public_key: `${rsaPair(1024).pem}hunter2` },
    { endpoint: "ftp://hunter2/" },
    { endpoint: "https://hunter2/", secret_base64_encoded: true },
  ],
  acceptsAnonymous: false,
});

/** What is decided about a token of the user "meter". */
async function decide(settings: object, token: string): Promise<Decision<Identity>> {
  const context = { ...backendContext(), now: () => nowS * 1000 };
  const authenticator = jwt.create(settings, context);
  onTestFinished(async () => authenticator.close?.());
  return authenticator.authenticate(client("meter", token), signal);
}

test("a token brings rules, an end and full access along", async () => {
  const acl = { all: ["home/${username}/#"] };
  const token = hsToken(secret, { sub: "meter", exp: nowS + 60, nbf: nowS, acl, is_superuser: true });
  expect(await decide({ secret, leeway: 10 }, token)).toMatchObject({
    verdict: "allow",
    value: {
      username: "meter",
      superuser: true,
      expiresAtMs: (nowS + 70) * 1000,
      rules: [{ effect: "allow", filter: "home/${username}/#", placeholders: true }],
    },
  });
});

test("without such claims it brings nothing, and an empty list is not nothing", async () => {
  expect(await decide({ secret }, hsToken(secret, { sub: "meter", is_superuser: "yes" }))).toMatchObject({
    value: { superuser: false, expiresAtMs: null, rules: null },
  });
  expect(await decide({ secret }, hsToken(secret, { sub: "meter", acl: [] }))).toMatchObject({ value: { rules: [] } });
});

test.each([
  [{ sub: "meter", exp: nowS - 10 }, "has expired"],
  [{ sub: "meter", exp: 0 }, "has expired"],
  [{ sub: "meter", exp: "tomorrow" }, "has a time that is no number"],
  [{ sub: "meter", nbf: null }, "has a time that is no number"],
  [{ sub: "meter", nbf: nowS + 11 }, "is not valid yet"],
  [{ name: "meter" }, 'does not name its user (claim "sub")'],
  [{ sub: "Meter" }, 'is that of another user (claim "sub")'],
  [{ sub: ["meter"] }, 'is that of another user (claim "sub")'],
  [
    { sub: "meter", acl: "#" },
    'cannot be used: its claim "acl" is neither a list of rules nor an object of topic lists',
  ],
])("a good signature is not enough: %j", async (claims, what) => {
  expect(await decide({ secret, leeway: 10 }, hsToken(secret, claims))).toEqual({
    verdict: "deny",
    by: "jwt",
    reason: { kind: "wrong_password", sentence: `the token of user meter ${what}` },
  });
});

test("the leeway is for both ends", async () => {
  for (const claims of [{ exp: nowS - 9 }, { nbf: nowS + 10 }]) {
    // oxlint-disable-next-line no-await-in-loop -- two
    const decision = await decide({ secret, leeway: 10 }, hsToken(secret, { sub: "meter", ...claims }));
    expect(decision.verdict).toBe("allow");
  }
});

test.each([
  [{ iss: "house", aud: "mqtt", client: "plug-1", level: 3 }, "allow", "allowed"],
  [{ iss: "house", aud: ["web", "mqtt"], client: "plug-1", level: 3 }, "allow", "allowed"],
  [{ aud: "mqtt", client: "plug-1", level: 3 }, "deny", 'the token of user meter has no claim "iss"'],
  [
    { iss: "house", aud: ["web"], client: "plug-1", level: 3 },
    "deny",
    'the token of user meter has another "aud" than is asked for',
  ],
  [
    { iss: "house", aud: "mqtt", client: "plug-2", level: 3 },
    "deny",
    'the token of user meter has another "client" than is asked for',
  ],
  [
    { iss: ["house"], aud: "mqtt", client: "plug-1", level: 3 },
    "deny",
    'the token of user meter has another "iss" than is asked for',
  ],
])("claims have to say what is asked for: %j", async (claims, verdict, sentence) => {
  const settings = {
    secret,
    username_claim: "name",
    verify_claims: { iss: "house", aud: "mqtt", client: "${clientid}", level: "3" },
  };
  expect(await decide(settings, hsToken(secret, { name: "meter", ...claims }))).toMatchObject({
    verdict,
    reason: { sentence },
  });
});

test.each([
  ["another secret", { secret }, hsToken("another", { sub: "meter" })],
  ["no signature", { secret }, `${unsigned({ alg: "none" }, { sub: "meter" })}.AAAA`],
  ["an algorithm that is not accepted", { secret, algorithms: ["HS512"] }, hsToken(secret, { sub: "meter" })],
  ["the public key as a secret", { public_key: rsa.pem }, hsToken(rsa.pem, { sub: "meter" })],
])("with %s it is for the next", async (_, settings, token) => {
  expect(await decide(settings, token)).toEqual({
    verdict: "ignore",
    by: "jwt",
    reason: {
      kind: "unknown_user",
      sentence: "the token of user meter is not signed with a key that is known here",
    },
  });
});

test("a secret may be written in base64, and a public key in PEM", async () => {
  const bytes = Buffer.from([0, 255, 128, 7]);
  const encoded = { secret: bytes.toString("base64"), secret_base64_encoded: true };
  expect(await decide(encoded, hsToken(bytes, { sub: "meter" }))).toMatchObject({ verdict: "allow" });
  const ec = ecPair("P-256");
  for (const [{ pem, privateKey }, alg] of [
    [rsa, "RS256"],
    [ec, "ES256"],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- two
    const decision = await decide({ public_key: pem }, signedToken(privateKey, { sub: "meter" }, { alg }));
    expect(decision.verdict).toBe("allow");
  }
});

test("the keys of an endpoint are fetched when the first token comes; without them nothing is decided", async () => {
  const reply = { status: 503 };
  const { url: endpoint } = await webServer((_, response) => {
    response.writeHead(reply.status).end(JSON.stringify({ keys: [{ ...rsa.jwk, kid: "k1" }] }));
  });
  const token = signedToken(rsa.privateKey, { sub: "meter" }, { alg: "RS256", kid: "k1" });
  await expect(decide({ endpoint }, token)).rejects.toThrow("the key set could not be fetched: HTTP status 503");
  reply.status = 200;
  expect(await decide({ endpoint }, token)).toMatchObject({ verdict: "allow", value: { username: "meter" } });
  const unknown = signedToken(rsa.privateKey, { sub: "meter" }, { alg: "RS256", kid: "k2" });
  expect(await decide({ endpoint }, unknown)).toMatchObject({ verdict: "ignore" });
});
