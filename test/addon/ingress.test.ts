import { expect, onTestFinished, test } from "vitest";
import { createAskAdmins } from "../../addon/core-users.ts";
import { ingressVisitors } from "../../addon/ingress.ts";
import { recordingLogger } from "../auth/context.ts";
import { coreUser } from "../helpers/core-websocket.ts";
import { startSupervisor } from "../helpers/supervisor.ts";

/** The guard in front of a Supervisor stand-in, with a clock of its own and a log to read. */
async function start(token?: string) {
  const fake = await startSupervisor();
  onTestFinished(() => fake.stop());
  const { log, entries } = recordingLogger();
  const clock = { ms: 1_000_000 };
  const ask = createAskAdmins({ url: fake.url, token: token ?? fake.token });
  let asked = 0;
  const askAdmins = () => {
    asked++;
    return ask();
  };
  const visitors = ingressVisitors({ askAdmins, peer: "192.0.2.2", log, now: () => clock.ms });
  const visit = (id: string | null, peer = "192.0.2.2", more: Readonly<Record<string, string>> = {}) =>
    visitors({ peer, headers: { ...(id === null ? {} : { "x-remote-user-id": id }), ...more } });
  return { fake, clock, visit, asked: () => asked, lines: () => entries.map(({ message }) => message) };
}

const NO_ADMIN = "You need administrator rights in Home Assistant for this page.";

test("an administrator is let in by the display name, which comes as UTF-8", async () => {
  const { fake, visit } = await start();
  fake.coreUsers = [coreUser("abc")];
  const name = Buffer.from("Jürgen\n").toString("latin1");
  expect(await visit("abc", "192.0.2.2", { "x-remote-user-display-name": name })).toEqual({
    kind: "admin",
    name: "Jürgen",
  });
});

test("the owner is one without the group", async () => {
  const { fake, visit } = await start();
  fake.coreUsers = [{ ...coreUser("abc", "system-users"), is_owner: true }];
  expect(await visit("abc")).toEqual({ kind: "admin", name: "abc" });
});

test.each([
  ["somebody else", coreUser("other")],
  ["a user without the group", coreUser("abc", "system-users")],
  ["an administrator who was switched off", { ...coreUser("abc"), is_active: false }],
])("%s is refused", async (_who, user) => {
  const { fake, visit } = await start();
  fake.coreUsers = [user];
  expect(await visit("abc")).toMatchObject({ kind: "refused", status: 403, message: NO_ADMIN, name: "abc" });
});

test.each([
  ["from another address", "abc", "192.0.2.3"],
  ["without a user", null, "192.0.2.2"],
  ["with an empty user", "", "192.0.2.2"],
])("a request %s is refused and asks nobody", async (_what, id, peer) => {
  const { fake, visit, asked } = await start();
  fake.coreUsers = [coreUser("abc")];
  expect(await visit(id, peer)).toMatchObject({ kind: "refused", status: 403 });
  expect(asked()).toBe(0);
});

test("rights that are taken away are gone within half a minute, and new ones count within seconds", async () => {
  const { fake, clock, visit, asked } = await start();
  fake.coreUsers = [coreUser("abc")];
  await visit("abc");
  fake.coreUsers = [coreUser("new")];
  clock.ms += 2999;
  expect([await visit("abc"), await visit("new")]).toMatchObject([{ kind: "admin" }, { kind: "refused" }]);
  expect(asked()).toBe(1);
  clock.ms += 1;
  expect(await visit("new")).toMatchObject({ kind: "admin" });
  expect(await visit("abc")).toMatchObject({ kind: "refused" });
  fake.coreUsers = [];
  clock.ms += 30_000;
  expect(await visit("new")).toMatchObject({ kind: "refused" });
});

test("while Home Assistant does not say it, nobody is an administrator, and the log says so once", async () => {
  const { fake, visit, lines } = await start();
  fake.coreUsers = [coreUser("abc")];
  fake.core = "down";
  const refused = {
    kind: "refused",
    status: 503,
    message: "Home Assistant did not say whether you are an administrator.",
    hint: "Try again in some seconds.",
    name: "abc",
  };
  expect([await visit("abc"), await visit("abc")]).toEqual([refused, refused]);
  expect(lines()).toEqual([
    "Home Assistant does not say who its administrators are (home assistant: list of users: Unexpected server response: 502). Nobody can open the panel. This ends by itself when it answers; if it does not, restart Home Assistant.",
  ]);
  fake.core = "running";
  expect(await visit("abc")).toMatchObject({ kind: "admin" });
});

test("a token that Home Assistant does not take makes nobody an administrator", async () => {
  const { fake, visit } = await start("wrong");
  fake.coreUsers = [coreUser("abc")];
  expect(await visit("abc")).toMatchObject({ kind: "refused", status: 503 });
});
