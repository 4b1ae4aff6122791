import { expect, test } from "vitest";
import { anonymous } from "../../../src/auth/backends/anonymous.ts";
import { authenticatorContract } from "../authenticator-contract.ts";
import { backendContext, client } from "../context.ts";

const { signal } = new AbortController();

authenticatorContract({
  backend: anonymous,
  settings: { acceptsUserNames: false },
  accepts: [],
  settingsWithout: { acceptsUserNames: false },
  invalid: ["hunter2", { hunter2: 1 }, { acceptsUserNames: "hunter2" }, { acceptsUserNames: true, hunter2: 1 }],
  acceptsAnonymous: true,
});

test("a client without a user name may stay", () => {
  const authenticator = anonymous.create({ acceptsUserNames: false }, backendContext());
  const decision = authenticator.authenticate(client(null), signal);
  expect(decision).toEqual({
    verdict: "allow",
    by: "anonymous",
    reason: { kind: "ok", sentence: "allowed" },
    value: { clientId: "plug-1", username: null, superuser: false, source: "anonymous", proof: null },
  });
  expect.assert(!(decision instanceof Promise) && decision.verdict === "allow");
  expect(authenticator.recheck?.(decision.value)).toMatchObject({ verdict: "allow", by: "anonymous" });
});

test.each(["", "klaus"])("a client with the user name %j is not anonymous", (username) => {
  const authenticator = anonymous.create({ acceptsUserNames: false }, backendContext());
  expect(authenticator.authenticate(client(username, "secret"), signal)).toEqual({
    verdict: "ignore",
    by: "anonymous",
    reason: { kind: "unknown_user", sentence: `sent the user name ${username}, so it is not anonymous` },
  });
});

test("user names are taken unchecked where that is set, until it is set no more", () => {
  const open = anonymous.create({ acceptsUserNames: true }, backendContext());
  const decision = open.authenticate(client("klaus", "anything"), signal);
  expect(decision).toMatchObject({ verdict: "allow", value: { username: "klaus", superuser: false } });
  expect.assert(!(decision instanceof Promise) && decision.verdict === "allow");
  expect(open.recheck?.(decision.value)).toMatchObject({ verdict: "allow" });
  const closed = anonymous.create({ acceptsUserNames: false }, backendContext());
  expect(closed.recheck?.(decision.value)).toEqual({
    verdict: "deny",
    by: "anonymous",
    reason: { kind: "unknown_user", sentence: "sent the user name klaus, so it is not anonymous" },
  });
});
