import { describe, expect, test } from "vitest";
import { logins } from "../../../src/auth/backends/logins.ts";
import { authenticatorContract } from "../authenticator-contract.ts";
import { backendContext, client, pbkdf2Hash, sha512Hash } from "../context.ts";

const { signal } = new AbortController();
const plug = { username: "kitchen-plug", password: "secret", preHashed: false };
const meter = { username: "meter", password: pbkdf2Hash("hashed"), preHashed: true };

authenticatorContract({
  backend: logins,
  settings: { logins: [plug, meter] },
  accepts: [client("kitchen-plug", "secret"), client("meter", "hashed")],
  settingsWithout: { logins: [{ ...plug, username: "other" }] },
  invalid: [
    "hunter2",
    { logins: "hunter2" },
    { logins: [{ username: "hunter2", password: "x" }] },
    { logins: [{ username: "a", password: ["hunter2"], preHashed: false }] },
    { logins: [{ username: "a", password: "hunter2", preHashed: "no" }] },
    { logins: [], hunter2: true },
  ],
  acceptsAnonymous: false,
});

describe("logins", () => {
  test("plain passwords are compared at once, hashed ones later", async () => {
    const authenticator = logins.create({ logins: [plug, meter] }, backendContext());
    expect(authenticator.authenticate(client("kitchen-plug", "secret"), signal)).toMatchObject({ verdict: "allow" });
    expect(authenticator.authenticate(client("kitchen-plug", "wrong"), signal)).toMatchObject({ verdict: "deny" });
    expect(authenticator.authenticate(client("nobody", "secret"), signal)).toMatchObject({ verdict: "ignore" });
    const answer = authenticator.authenticate(client("meter", "hashed"), signal);
    expect(answer).toBeInstanceOf(Promise);
    await expect(answer).resolves.toMatchObject({ verdict: "allow" });
  });

  test.each([
    ["another password", "kitchen-plug", "Secret", "wrong password for user kitchen-plug"],
    ["a part of it", "kitchen-plug", "secre", "wrong password for user kitchen-plug"],
    ["more than it", "kitchen-plug", "secret ", "wrong password for user kitchen-plug"],
    ["an empty password", "kitchen-plug", "", "wrong password for user kitchen-plug"],
    ["no password", "kitchen-plug", null, "sent no password for user kitchen-plug"],
    ["another password for a hash", "meter", "Hashed", "wrong password for user meter"],
    ["the hash itself", "meter", meter.password, "wrong password for user meter"],
    ["an empty password for a hash", "meter", "", "wrong password for user meter"],
    ["no password for a hash", "meter", null, "sent no password for user meter"],
  ])("%s is a no", async (_name, username, password, sentence) => {
    const authenticator = logins.create({ logins: [plug, meter] }, backendContext());
    expect(await authenticator.authenticate(client(username, password), signal)).toEqual({
      verdict: "deny",
      by: "logins",
      reason: { kind: "wrong_password", sentence },
    });
  });

  test("a user it does not have is not its business", async () => {
    const authenticator = logins.create({ logins: [plug] }, backendContext());
    expect(await authenticator.authenticate(client("Kitchen-Plug", "secret"), signal)).toEqual({
      verdict: "ignore",
      by: "logins",
      reason: { kind: "unknown_user", sentence: "Kitchen-Plug is not in the logins" },
    });
    expect(await authenticator.authenticate(client(null, "secret"), signal)).toEqual({
      verdict: "ignore",
      by: "logins",
      reason: { kind: "no_credentials", sentence: "sent no user name" },
    });
  });

  test.each([":", "#", "$6$x$y", '"', "\\", " blanks ", "🔑 emoji", "a\nb", "ß", "x".repeat(65_535)])(
    "the password %j works as it is",
    async (password) => {
      const entries = [
        { username: "plain", password, preHashed: false },
        { username: "hashed", password: sha512Hash(password), preHashed: true },
      ];
      const authenticator = logins.create({ logins: entries }, backendContext());
      for (const username of ["plain", "hashed"]) {
        expect(await authenticator.authenticate(client(username, password), signal)).toMatchObject({
          verdict: "allow",
        });
        expect(await authenticator.authenticate(client(username, `${password}!`), signal)).toMatchObject({
          verdict: "deny",
        });
      }
    },
  );

  test("what a device sends behind a zero byte does not count", async () => {
    const authenticator = logins.create({ logins: [plug] }, backendContext());
    expect(await authenticator.authenticate(client("kitchen-plug", "secret\0"), signal)).toMatchObject({
      verdict: "allow",
    });
    expect(await authenticator.authenticate(client("kitchen-plug", "\0secret"), signal)).toMatchObject({
      verdict: "deny",
    });
  });

  test("an entry without a password lets nobody in", async () => {
    const authenticator = logins.create({ logins: [{ ...plug, password: "" }] }, backendContext());
    for (const password of [null, "", "\0", "x"]) {
      expect(await authenticator.authenticate(client("kitchen-plug", password), signal)).toMatchObject({
        verdict: "deny",
      });
    }
  });

  test("of two entries with one name the last counts", async () => {
    const authenticator = logins.create({ logins: [plug, { ...plug, password: "newer" }] }, backendContext());
    expect(await authenticator.authenticate(client("kitchen-plug", "newer"), signal)).toMatchObject({
      verdict: "allow",
    });
    expect(await authenticator.authenticate(client("kitchen-plug", "secret"), signal)).toMatchObject({
      verdict: "deny",
    });
  });

  describe("after a reload", () => {
    const identity = (entry: typeof plug, context: ReturnType<typeof backendContext>, password: string) =>
      logins.create({ logins: [entry] }, context).authenticate(client(entry.username, password), signal);

    test.each([
      ["a removed user goes", [meter], "unknown_user", "user kitchen-plug was removed from the logins"],
      [
        "a changed password ends the session",
        [{ ...plug, password: "changed" }],
        "wrong_password",
        "the password of user kitchen-plug was changed",
      ],
      [
        "so does the same text as a hash",
        [{ ...plug, preHashed: true }],
        "wrong_password",
        "the password of user kitchen-plug was changed",
      ],
    ])("%s", async (_name, entries, kind, sentence) => {
      const context = backendContext();
      const decision = await identity(plug, context, "secret");
      expect.assert(decision.verdict === "allow");
      expect(logins.create({ logins: entries }, context).recheck?.(decision.value)).toEqual({
        verdict: "deny",
        by: "logins",
        reason: { kind, sentence },
      });
    });

    test("a proof tells neither the password nor that two users have the same", async () => {
      const context = backendContext();
      const decisions = await Promise.all([
        identity(plug, context, "secret"),
        identity({ ...plug, username: "twin" }, context, "secret"),
      ]);
      const proofs = decisions.map((decision) => (decision.verdict === "allow" ? decision.value.proof : null));
      expect(proofs).toEqual([expect.any(String), expect.any(String)]);
      expect(proofs[0]).not.toBe(proofs[1]);
      expect(proofs.join(" ")).not.toContain("secret");
    });
  });

  test("an unknown name costs a check of the same kind, when that takes time", async () => {
    const context = backendContext();
    expect(logins.create({ logins: [plug] }, context)).not.toHaveProperty("pretend");
    const checked: string[] = [];
    const verify: typeof context.verify = (storedHash, password) => {
      checked.push(storedHash);
      return context.verify(storedHash, password);
    };
    const withHash = logins.create({ logins: [plug, meter] }, { ...context, verify });
    await withHash.pretend?.(client("nobody", "hashed"));
    await withHash.pretend?.(client("nobody"));
    expect(checked).toEqual([expect.stringMatching(/^pbkdf2-sha512\$i=10,/)]);
  });
});
