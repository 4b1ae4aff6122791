import { describe, expect, test } from "vitest";
import { loadSystemUsers } from "../../addon/system-users.ts";
import { logins } from "../../src/auth/backends/logins.ts";
import { passwordFile } from "../../src/auth/backends/password-file.ts";
import { createChain } from "../../src/auth/chain.ts";
import { createStageLedger } from "../../src/auth/figures.ts";
import type { ExchangeStep, LoginChain } from "../../src/core/types.ts";
import { scramClient, type ScramClient } from "../helpers/scram-client.ts";
import { tempFolder } from "../helpers/temp.ts";
import { backendContext, client, recordingLogger, sha512Hash } from "./context.ts";

const HINT = "Only logins in the options with a plain password can; other users log in with name and password.";
const PLUG = { username: "kitchen-plug", password: "secret", preHashed: false };
const METER = { username: "meter", password: sha512Hash("hashed"), preHashed: true };
const ODD = { username: "a,b=c 🔑", password: "pässwörd, =2C", preHashed: false };

/** The add-on's chain without Home Assistant. */
async function chainOf(
  entries: readonly object[] = [PLUG, METER, ODD],
  context = backendContext(),
): Promise<{ readonly chain: LoginChain; readonly systemPassword: string }> {
  const system = await loadSystemUsers(tempFolder());
  const file = { file: "passwords", entries: [{ username: "filed", password: sha512Hash("filed"), preHashed: true }] };
  const stages = [
    { authenticator: system.backend.create(null, context), onBadPassword: "deny", onError: "deny" },
    { authenticator: logins.create({ logins: entries }, context), onBadPassword: "next", onError: "deny" },
    { authenticator: passwordFile.create(file, context), onBadPassword: "deny", onError: "deny" },
  ] as const;
  const { digest } = context;
  const reservedUsers = ["homeassistant", "addons"];
  const chain = createChain({
    stages,
    reservedUsers,
    timeoutMs: 5000,
    digest,
    log: recordingLogger().log,
    ledger: createStageLedger(),
  });
  return { chain, systemPassword: system.users.homeassistant.password };
}

/** Says all that a client says; gives the first step that is no question. */
async function authenticate(chain: LoginChain, scram: ScramClient, named: string | null = null): Promise<ExchangeStep> {
  const exchange = chain.exchange("SCRAM-SHA-256", client(named));
  if (exchange === null) throw new Error("unknown method");
  const step = await exchange.answer(scram.first);
  return step.verdict === "continue" ? exchange.answer(scram.final(step.data)) : step;
}

async function challengeFor(chain: LoginChain, username: string): Promise<string> {
  const step = await chain.exchange("SCRAM-SHA-256", client(null))?.answer(scramClient(username, "").first);
  return step?.verdict === "continue" ? Buffer.from(step.data).toString() : "";
}

describe("an exchange by SCRAM-SHA-256", () => {
  test.each([
    ["kitchen-plug", "secret"],
    ["a,b=c 🔑", "pässwörd, =2C"],
  ])(
    "vouches for %s as a password does, and proves to it that the broker knows the password",
    async (name, password) => {
      const { chain } = await chainOf();
      const scram = scramClient(name, password);
      const byPassword = await chain.authenticate(client(name, password), new AbortController().signal);
      const step = await authenticate(chain, scram);
      expect(step).toMatchObject({ verdict: "allow", by: "logins" });
      if (step.verdict !== "allow" || byPassword.verdict !== "allow") throw new Error("refused");
      expect(step.value.identity).toEqual(byPassword.value);
      expect(Buffer.from(step.value.data).toString()).toBe(scram.serverFinal());
      expect(chain.recheck(step.value.identity)).toMatchObject({ verdict: "allow" });
    },
  );

  test("computes with the prepared form of a password, as clients do (RFC 5802, 2.2)", async () => {
    const { chain } = await chainOf([{ ...PLUG, password: "hard\u00a0space so\u00adft ﬁ" }]);
    expect(await authenticate(chain, scramClient("kitchen-plug", "hard space soft fi"))).toMatchObject({
      verdict: "allow",
    });
  });

  test("takes the passwords of system users, who may do everything", async () => {
    const { chain, systemPassword } = await chainOf();
    const step = await authenticate(chain, scramClient("homeassistant", systemPassword));
    expect(step).toMatchObject({
      verdict: "allow",
      value: { identity: { username: "homeassistant", superuser: true, source: "system-users" } },
    });
    expect(await authenticate(chain, scramClient("homeassistant", "guess"))).toMatchObject({
      verdict: "deny",
      reason: { kind: "wrong_password", sentence: "wrong password for user homeassistant" },
    });
  });

  test.each([
    ["kitchen-plug", "Secret", { kind: "wrong_password", sentence: "wrong password for user kitchen-plug" }],
    ["kitchen-plug", "", { kind: "wrong_password", sentence: "wrong password for user kitchen-plug" }],
    [
      "nobody",
      "x",
      { kind: "unknown_user", sentence: "nobody who can use SCRAM-SHA-256 is called nobody here", hint: HINT },
    ],
    [
      "nobody",
      "nobody",
      { kind: "unknown_user", sentence: "nobody who can use SCRAM-SHA-256 is called nobody here", hint: HINT },
    ],
    [
      "Kitchen-Plug",
      "secret",
      { kind: "unknown_user", sentence: "nobody who can use SCRAM-SHA-256 is called Kitchen-Plug here", hint: HINT },
    ],
    [
      "__proto__",
      "x",
      { kind: "unknown_user", sentence: "nobody who can use SCRAM-SHA-256 is called __proto__ here", hint: HINT },
    ],
    [
      "Addons",
      "x",
      {
        kind: "not_allowed",
        sentence: "the user name Addons is reserved",
        hint: "Use another user name in the device.",
      },
    ],
    [
      "a\u0007b",
      "x",
      { kind: "unknown_user", sentence: "the user name cannot be used because it holds a control character" },
    ],
    [
      "meter",
      "hashed",
      {
        kind: "not_allowed",
        sentence: "the password of user meter is stored as a hash, which SCRAM-SHA-256 cannot be checked against",
        hint: "Let the device log in with name and password, or write the password in plain text in the options.",
      },
    ],
    [
      "filed",
      "filed",
      {
        kind: "not_allowed",
        sentence: "the password of user filed is stored as a hash, which SCRAM-SHA-256 cannot be checked against",
        hint: "Let the device log in with name and password, or write the password in plain text in the options.",
      },
    ],
  ])("refuses %s with %j, and only after its proof", async (username, password, reason) => {
    const { chain } = await chainOf();
    expect(await challengeFor(chain, username)).toMatch(/^r=\S{48},s=[^,]{24},i=4096$/);
    expect(await authenticate(chain, scramClient(username, password))).toMatchObject({ verdict: "deny", reason });
  });

  test("an empty password lets nobody in", async () => {
    const { chain } = await chainOf([{ ...PLUG, password: "" }]);
    expect(await authenticate(chain, scramClient("kitchen-plug", ""))).toMatchObject({ verdict: "deny" });
  });

  test("salts depend on the name alone, and are the same after a reload", async () => {
    const context = backendContext();
    const before = await chainOf([PLUG], context);
    const after = await chainOf(
      [
        { ...PLUG, password: "other" },
        { ...PLUG, username: "new" },
      ],
      context,
    );
    const saltOf = (challenge: string): string => /,s=([^,]*),/.exec(challenge)?.[1] ?? "";
    const names = ["kitchen-plug", "new", "nobody", "meter"];
    const salts = await Promise.all(names.map(async (name) => saltOf(await challengeFor(before.chain, name))));
    expect(new Set(salts).size).toBe(names.length);
    expect(await Promise.all(names.map(async (name) => saltOf(await challengeFor(after.chain, name))))).toEqual(salts);
    const elsewhere = await chainOf([PLUG]);
    expect(saltOf(await challengeFor(elsewhere.chain, "nobody"))).not.toBe(salts[2]);
  });

  test("nonces are never the same", async () => {
    const { chain } = await chainOf();
    const challenges = await Promise.all(Array.from({ length: 50 }, () => challengeFor(chain, "kitchen-plug")));
    expect(new Set(challenges).size).toBe(50);
  });

  test("a proof serves once: it is worth nothing in another exchange", async () => {
    const { chain } = await chainOf();
    const scram = scramClient("kitchen-plug", "secret");
    const first = chain.exchange("SCRAM-SHA-256", client(null));
    const step = await first?.answer(scram.first);
    if (step?.verdict !== "continue") throw new Error("refused");
    const final = scram.final(step.data);
    const second = chain.exchange("SCRAM-SHA-256", client(null));
    await second?.answer(scram.first);
    expect(await second?.answer(final)).toMatchObject({
      verdict: "deny",
      reason: { kind: "not_allowed", sentence: "ended its authentication with another nonce than it was given" },
    });
  });

  test.each([
    ["n,,", "kitchen-plug", null],
    ["y,,", null, null],
    ["n,a=kitchen-plug,", null, null],
    ["n,a=homeassistant,", null, "authenticates as kitchen-plug and wants to act as homeassistant"],
    ["n,,", "other", "authenticates as kitchen-plug and calls itself other"],
    ["n,,", "", "authenticates as kitchen-plug and calls itself "],
  ])("begun with %s and the user name %j", async (gs2Header, named, sentence) => {
    const { chain } = await chainOf();
    const step = await authenticate(chain, scramClient("kitchen-plug", "secret", { gs2Header }), named);
    expect(step).toMatchObject(
      sentence === null ? { verdict: "allow" } : { verdict: "deny", reason: { kind: "not_allowed", sentence } },
    );
  });

  test("a client may keep its first message for the answer to an empty one, once", async () => {
    const { chain } = await chainOf();
    const scram = scramClient("kitchen-plug", "secret");
    const exchange = chain.exchange("SCRAM-SHA-256", client(null));
    expect(await exchange?.answer(null)).toEqual({ verdict: "continue", data: Buffer.alloc(0) });
    expect(await exchange?.answer(scram.first)).toMatchObject({ verdict: "continue" });
    const silent = chain.exchange("SCRAM-SHA-256", client(null));
    await silent?.answer(null);
    expect(await silent?.answer(null)).toMatchObject({ verdict: "deny", reason: { kind: "malformed" } });
  });

  test("ends with a last message that cannot be read", async () => {
    const { chain } = await chainOf();
    for (const data of [null, Buffer.from("c=biws")]) {
      const exchange = chain.exchange("SCRAM-SHA-256", client(null));
      await exchange?.answer(scramClient("kitchen-plug", "secret").first);
      expect(await exchange?.answer(data)).toMatchObject({ verdict: "deny", reason: { kind: "malformed" } });
    }
  });

  test("many at one time come to their own ends", async () => {
    const { chain } = await chainOf();
    const passwords = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? "secret" : "wrong"));
    const steps = await Promise.all(passwords.map((word) => authenticate(chain, scramClient("kitchen-plug", word))));
    expect(steps.map(({ verdict }) => verdict)).toEqual(
      passwords.map((word) => (word === "secret" ? "allow" : "deny")),
    );
  });

  test.each(["SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "scram-sha-256", "PLAIN", "", "__proto__"])(
    "the method %j is not known",
    async (method) => {
      const { chain } = await chainOf();
      expect(chain.exchange(method, client("kitchen-plug", "secret"))).toBeNull();
    },
  );
});
