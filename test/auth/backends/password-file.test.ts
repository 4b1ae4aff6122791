import { expect, test } from "vitest";
import { passwordFile } from "../../../src/auth/backends/password-file.ts";
import { authenticatorContract } from "../authenticator-contract.ts";
import { backendContext, client, pbkdf2Hash, sha512Hash } from "../context.ts";

const { signal } = new AbortController();
const alice = { username: "alice", password: pbkdf2Hash("secret1"), preHashed: true };
const bob = { username: "bob", password: sha512Hash("pässwörd €"), preHashed: true };
const settings = { file: "passwords", entries: [alice, bob] };

authenticatorContract({
  backend: passwordFile,
  settings,
  accepts: [client("alice", "secret1"), client("bob", "pässwörd €")],
  settingsWithout: { file: "passwords", entries: [] },
  invalid: [
    "hunter2",
    { file: "passwords", entries: "hunter2" },
    { entries: [], file: ["hunter2"] },
    { file: "passwords", entries: [{ username: "alice", password: ["hunter2"], preHashed: true }] },
    { file: "passwords", entries: [{ username: "alice", hash: "", password: "hunter2", preHashed: true }] },
  ],
  acceptsAnonymous: false,
});

test.each([
  ["a wrong password", "alice", "secret2", "wrong password for user alice"],
  ["the password of another user", "bob", "secret1", "wrong password for user bob"],
  ["an empty password", "alice", "", "wrong password for user alice"],
  ["no password", "alice", null, "sent no password for user alice"],
])("%s is a no", async (_name, username, password, sentence) => {
  const authenticator = passwordFile.create(settings, backendContext());
  expect(await authenticator.authenticate(client(username, password), signal)).toEqual({
    verdict: "deny",
    by: "password-file",
    reason: { kind: "wrong_password", sentence },
  });
});

test("a user that the file does not have is not its business", async () => {
  const authenticator = passwordFile.create(settings, backendContext());
  expect(await authenticator.authenticate(client("carol", "secret1"), signal)).toEqual({
    verdict: "ignore",
    by: "password-file",
    reason: { kind: "unknown_user", sentence: "carol is not in the password file passwords" },
  });
});

test.each([
  ["a removed user goes", [bob], "unknown_user", "user alice was removed from the password file passwords"],
  [
    "a new hash ends the session, even of the same password",
    [{ ...alice, password: pbkdf2Hash("secret1") }],
    "wrong_password",
    "the password of user alice was changed",
  ],
])("after a reload %s", async (_name, entries, kind, sentence) => {
  const context = backendContext();
  const decision = await passwordFile.create(settings, context).authenticate(client("alice", "secret1"), signal);
  expect.assert(decision.verdict === "allow");
  expect(passwordFile.create({ ...settings, entries }, context).recheck?.(decision.value)).toEqual({
    verdict: "deny",
    by: "password-file",
    reason: { kind, sentence },
  });
});

test("an unknown name costs a check of the same kind, when that takes time", async () => {
  const context = backendContext();
  expect(passwordFile.create({ ...settings, entries: [bob] }, context)).not.toHaveProperty("pretend");
  const checked: string[] = [];
  const verify: typeof context.verify = (storedHash, password) => {
    checked.push(storedHash);
    return context.verify(storedHash, password);
  };
  await passwordFile.create(settings, { ...context, verify }).pretend?.(client("nobody", "secret1"));
  expect(checked).toEqual([expect.stringMatching(/^pbkdf2-sha512\$i=10,/)]);
});

test("a password in plain text is compared as it is, and proves a login by SCRAM too", async () => {
  const carol = { username: "carol", password: "correct:horse", preHashed: false };
  const authenticator = passwordFile.create({ ...settings, entries: [alice, carol] }, backendContext());
  const answer = async (password: string): Promise<string> =>
    (await authenticator.authenticate(client("carol", password), signal)).verdict;
  expect(await answer("correct:horse")).toBe("allow");
  expect(await answer("correct")).toBe("deny");
  expect(authenticator.scram?.(client("carol", null))).toMatchObject({ verdict: "allow" });
  expect(authenticator.scram?.(client("alice", null))).toMatchObject({ verdict: "deny" });
});
