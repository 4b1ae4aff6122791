import { expect, test } from "vitest";
import { compilePolicy } from "../../src/acl/policy.ts";
import { jwt } from "../../src/auth/backends/jwt.ts";
import { users } from "../../src/auth/backends/users.ts";
import type { Backend } from "../../src/auth/backend.ts";
import { isAllowed } from "../../src/core/reasons.ts";
import type { Access, Action } from "../../src/core/types.ts";
import { loginRules } from "../../src/snapshot/login-rules.ts";
import { backendContext, client } from "../auth/context.ts";
import { hsToken } from "../auth/jwt/tokens.ts";

const { signal } = new AbortController();

/** What a user may do that logs in, where there are no other rules. */
async function accessOf(backend: Backend, settings: unknown, password: string): Promise<Access> {
  const decision = await backend.create(settings, backendContext()).authenticate(client("meter", password), signal);
  if (!isAllowed(decision)) throw new Error(decision.reason.sentence);
  const rest = compilePolicy({ rules: null, anonymous: null });
  return loginRules({ rest, hasRules: false }).for(decision.value);
}

const MAY: readonly (readonly [Action, string, string])[] = [
  // its publish prefix is a part of the topic that rules see
  ["publish", "factory1/oven/temperature", "allow"],
  ["publish", "oven/temperature", "deny"],
  ["publish", "factory1/oven/state", "deny"],
  ["subscribe", "factory1/#", "allow"],
  ["subscribe", "$share/group/factory1/oven/+", "allow"],
  ["subscribe", "#", "deny"],
  ["receive", "factory1/oven/state", "allow"],
  ["receive", "factory2/oven/state", "deny"],
  ["publish", "log/meter", "allow"],
  ["receive", "log/meter", "allow"],
  ["publish", "$SYS/broker/x", "deny"],
];

test.each(MAY)("permissions of a user and its roles: %s %s is %s", async (action, topic, verdict) => {
  const settings = {
    roles: [
      { name: "sensor", permissions: [{ resource: "factory1/+/temperature", operation: "write" }] },
      { name: "viewer", permissions: [{ resource: "factory1/#", operation: "read" }] },
    ],
    users: [
      {
        username: "meter",
        password: "secret",
        roles: ["sensor", "viewer"],
        permissions: [{ resource: "log/+", operation: "readWrite" }],
        publish_prefix: "factory1/",
      },
    ],
  };
  expect((await accessOf(users, settings, "secret")).check(action, topic).verdict).toBe(verdict);
});

test.each(MAY)("a token that says the same: %s %s is %s", async (action, topic, verdict) => {
  const acl = { pub: ["factory1/+/temperature"], sub: ["factory1/#"], all: ["log/${username}"] };
  const token = hsToken("secret", { sub: "meter", acl });
  expect((await accessOf(jwt, { secret: "secret" }, token)).check(action, topic).verdict).toBe(verdict);
});

test("a token may deny a part of what it allows", async () => {
  const acl = [
    { permission: "deny", action: "all", topic: "home/safe/#" },
    { permission: "allow", action: "all", topic: "home/#" },
    { permission: "deny", action: "all", topic: "#" },
  ];
  const access = await accessOf(jwt, { secret: "secret" }, hsToken("secret", { sub: "meter", acl }));
  expect(access.check("publish", "home/door").verdict).toBe("allow");
  expect(access.check("publish", "home/safe/door").verdict).toBe("deny");
  expect(access.check("receive", "home/safe/door").verdict).toBe("deny");
});
