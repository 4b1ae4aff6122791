import { expect, test } from "vitest";
import { clientid } from "../../../src/auth/backends/clientid.ts";
import type { Decision, Identity } from "../../../src/core/types.ts";
import { backendContext, client } from "../context.ts";

const { signal } = new AbortController();
const settings = {
  clients: [
    { clientid: "plug-1", password: "secret" },
    { clientid: "dev:devid", password: "passwd2" },
  ],
};

async function decide(clientId: string, username: string | null, password: string | null): Promise<Decision<Identity>> {
  return clientid.create(settings, backendContext()).authenticate({ ...client(username, password), clientId }, signal);
}

// The shared contract does not fit: it is about user names, and here the client id is looked for.
test.each(["admin", "plug-1", "", null])("the client id is the user name, whatever CONNECT says: %j", async (name) => {
  expect(await decide("plug-1", name, "secret")).toMatchObject({
    verdict: "allow",
    by: "clientid",
    value: { clientId: "plug-1", username: "plug-1", superuser: false, source: "clientid" },
  });
  expect((await decide("dev:devid", name, "passwd2")).verdict).toBe("allow");
});

test.each(["passwd2", "Secret", "", "secret "])("the password %j is wrong", async (password) => {
  expect(await decide("plug-1", "admin", password)).toEqual({
    verdict: "deny",
    by: "clientid",
    reason: { kind: "wrong_password", sentence: "wrong password for user plug-1" },
  });
});

test.each(["plug-2", "PLUG-1", "", "__proto__", "' or 1=1 --", "#"])("the client id %j is another's", async (id) => {
  expect(await decide(id, "plug-1", "secret")).toMatchObject({
    verdict: "ignore",
    by: "clientid",
    reason: { kind: "unknown_user", sentence: `${id} is not in the client ids` },
  });
});

test("a client without a password may be another stage's", async () => {
  expect(await decide("plug-1", null, null)).toMatchObject({ verdict: "ignore", reason: { kind: "no_credentials" } });
});

test("who logged in stays until its entry is gone or changed", async () => {
  const context = backendContext();
  const decision = await clientid.create(settings, context).authenticate(client("admin", "secret"), signal);
  expect.assert(decision.verdict === "allow");
  const recheck = (clients: readonly unknown[]): Decision | undefined =>
    clientid.create({ clients }, context).recheck?.(decision.value);
  expect(recheck(settings.clients)).toMatchObject({ verdict: "allow" });
  expect(recheck([])).toMatchObject({ verdict: "deny", reason: { kind: "unknown_user" } });
  expect(recheck([{ clientid: "plug-1", password: "new" }])).toMatchObject({
    verdict: "deny",
    reason: { kind: "wrong_password" },
  });
});

test.each([
  "hunter2",
  { clients: "hunter2" },
  { clients: [{ clientid: "hunter2" }] },
  { clients: [{ clientid: "", password: "hunter2" }] },
  { clients: [{ clientid: "hunter2", password: "" }] },
  { clients: [{ clientid: "a", password: "b", hunter2: 1 }] },
  { clients: [...settings.clients, { clientid: "plug-1", password: "hunter2" }] },
])("refuses wrong settings, and does not quote them (%#)", (invalid) => {
  expect(JSON.stringify(invalid)).toContain("hunter2");
  expect(() => clientid.create(invalid, backendContext())).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
  );
});
