import { expect, test } from "vitest";
import { users } from "../../../src/auth/backends/users.ts";
import type { Credentials, Decision, Identity } from "../../../src/core/types.ts";
import { authenticatorContract } from "../authenticator-contract.ts";
import { backendContext, client, pbkdf2Hash } from "../context.ts";

const { signal } = new AbortController();

const settings = {
  roles: [
    { name: "sensor", permissions: [{ resource: "factory1/+/temperature", operation: "write" }] },
    { name: "viewer", permissions: [{ resource: "factory1/#", operation: "read" }] },
  ],
  users: [
    { username: "alice", password: "wonderland" },
    { username: "bob", password_hash: pbkdf2Hash("builder") },
    {
      username: "meter",
      grants: ["certificate"],
      roles: ["sensor", "viewer"],
      permissions: [{ resource: "log", operation: "readWrite" }],
      publish_prefix: "factory1/",
    },
    { username: "both", grants: ["password", "certificate"], password: "two ways", permissions: [] },
  ],
};

const [alice] = settings.users;

authenticatorContract({
  backend: users,
  settings,
  accepts: [client("alice", "wonderland"), client("bob", "builder"), shows("meter"), client("both", "two ways")],
  settingsWithout: { users: [] },
  invalid: [
    "hunter2",
    { users: "hunter2" },
    { users: [{ username: "hunter2" }] },
    { users: [{ username: "", password: "hunter2" }] },
    { users: [{ username: "a", password: "hunter2", password_hash: pbkdf2Hash("x") }] },
    { users: [{ username: "a", password_hash: "hunter2" }] },
    { users: [{ username: "a", password: "hunter2", grants: [] }] },
    { users: [{ username: "a", password: "b", grants: ["hunter2"] }] },
    { users: [{ username: "a", grants: ["certificate", "password"], publish_prefix: "hunter2" }] },
    { users: [{ username: "a", password: "b", roles: ["hunter2"] }] },
    { users: [{ username: "a", password: "b", permissions: [{ resource: "hunter2#", operation: "read" }] }] },
    { users: [{ username: "a", password: "b", permissions: [{ resource: "hunter2", operation: "pub" }] }] },
    ...["hunter2/+/", "#", "$SYS/", "a\0"].map((prefix) => ({
      users: [{ username: "hunter2", password: "b", publish_prefix: prefix }],
    })),
    { users: [alice, { ...alice, password: "hunter2" }] },
  ],
  acceptsAnonymous: false,
});

/** A client that has shown a certificate in a name. */
function shows(commonName: string, username: string | null = commonName, password: string | null = null): Credentials {
  const certificate = { commonName, subject: `CN=${commonName},O=house`, fingerprint: "AA" };
  return { ...client(username, password), certificate };
}

async function decide(credentials: Credentials, from: object = settings): Promise<Decision<Identity>> {
  return users.create(from, backendContext()).authenticate(credentials, signal);
}

test("a user brings the rules of its roles, its own, and its prefix", async () => {
  const decision = await decide(shows("meter"));
  expect.assert(decision.verdict === "allow");
  expect(decision.value.prefix).toBe("factory1/");
  expect(decision.value.rules).toEqual([
    rule("write factory1/+/temperature", ["publish"], "factory1/+/temperature", "the role sensor"),
    rule("read factory1/#", ["subscribe", "receive"], "factory1/#", "the role viewer"),
    rule("readWrite log", ["publish", "subscribe", "receive"], "log", "the permissions of its user"),
  ]);
});

function rule(text: string, actions: readonly string[], filter: string, file: string): object {
  return { effect: "allow", who: { kind: "everyone" }, actions, filter, placeholders: false, text, origin: { file } };
}

test("without roles and permissions rules elsewhere count; with an empty list none does", async () => {
  expect(await decide(client("alice", "wonderland"))).toMatchObject({ value: { rules: null, prefix: null } });
  expect(await decide(client("both", "two ways"))).toMatchObject({ value: { rules: [], prefix: null } });
});

test.each([
  ["a certificate and no user name", shows("meter", null), "meter"],
  ["a certificate and its own name", shows("meter"), "meter"],
  ["a certificate, and the password does not matter", shows("both", "both", "wrong"), "both"],
  ["a password, and the certificate is of nobody", shows("stranger", "alice", "wonderland"), "alice"],
  ["a password, and the certificate of another", shows("meter", "alice", "wonderland"), "alice"],
  ["a password, and a certificate that is not asked for", shows("alice", "alice", "wonderland"), "alice"],
])("comes in with %s", async (_, credentials, username) => {
  expect(await decide(credentials)).toMatchObject({ verdict: "allow", value: { username, source: "users" } });
});

test.each([
  ["a certificate that is no grant of the user", shows("alice"), "sent no password for user alice"],
  ["somebody else's certificate", shows("meter", "both"), "sent no password for user both"],
  ["somebody else's certificate and a wrong password", shows("meter", "bob", "x"), "wrong password for user bob"],
  ["a password where a certificate is needed", client("meter", "x"), "user meter logs in by its certificate only"],
  ["no password at all", client("meter"), "user meter logs in by its certificate only"],
])("stays out with %s", async (_, credentials, sentence) => {
  expect(await decide(credentials)).toMatchObject({ verdict: "deny", by: "users", reason: { sentence } });
});

test.each([
  ["another name", "METER"],
  ["no name", ""],
  ["an inherited name", "__proto__"],
])("a certificate in %s opens nothing", async (_, commonName) => {
  expect(await decide(shows(commonName, null))).toMatchObject({ verdict: "ignore" });
});

test("the whole subject can be the name", async () => {
  const byName = { peer_cert_as_username: "dn", users: [{ username: "CN=meter,O=house", grants: ["certificate"] }] };
  expect(await decide(shows("meter", null), byName)).toMatchObject({ value: { username: "CN=meter,O=house" } });
  expect(await decide(shows("CN=meter,O=house", null), byName)).toMatchObject({ verdict: "ignore" });
});

test.each([
  ["a permission", { permissions: [] }],
  ["the prefix", { publish_prefix: "factory2/" }],
  ["a grant", { grants: ["password", "certificate"], password: "x" }],
])("who logged in before %s was changed has to log in anew", async (_, change) => {
  const context = backendContext();
  const before = await users.create(settings, context).authenticate(shows("meter"), signal);
  expect.assert(before.verdict === "allow");
  const changed = settings.users.map((user) => (user.username === "meter" ? { ...user, ...change } : user));
  expect(users.create({ ...settings, users: changed }, context).recheck?.(before.value)).toEqual({
    verdict: "deny",
    by: "users",
    reason: { kind: "wrong_password", sentence: "the entry of user meter was changed" },
  });
});

test("a role that was changed counts for all who have it", async () => {
  const context = backendContext();
  const before = await users.create(settings, context).authenticate(shows("meter"), signal);
  expect.assert(before.verdict === "allow");
  const roles = settings.roles.map((role) => ({ ...role, permissions: [] }));
  expect(users.create({ ...settings, roles }, context).recheck?.(before.value)).toMatchObject({ verdict: "deny" });
});

test("a user with a plain password may prove it by SCRAM, and has the same rights then", () => {
  const authenticator = users.create(settings, backendContext());
  expect(authenticator.scram?.(client("both"))).toMatchObject({
    verdict: "allow",
    value: { identity: { username: "both", source: "users", rules: [], prefix: null } },
  });
  expect(authenticator.scram?.(client("bob"))).toMatchObject({ verdict: "deny" });
  expect(authenticator.scram?.(client("meter"))).toMatchObject({ verdict: "ignore" });
});
