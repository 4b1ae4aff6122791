import { expect, test } from "vitest";
import { compilePolicy } from "../../src/acl/policy.ts";
import type { AccessRule, Action, Identity, Policy } from "../../src/core/types.ts";
import { loginRules } from "../../src/snapshot/login-rules.ts";
import { identity, rulesOf } from "../acl/access-of.ts";

function rule(effect: AccessRule["effect"], action: Action, filter: string): AccessRule {
  const text = `${effect} ${action} ${filter}`;
  const who = { kind: "everyone" } as const;
  return { effect, who, actions: [action], filter, placeholders: true, text, origin: { file: "the token" } };
}

const RULES = [
  rule("deny", "subscribe", "home/secret/#"),
  rule("allow", "subscribe", "home/#"),
  rule("allow", "publish", "dev/%u/#"),
];
const OPEN = compilePolicy({ rules: null, anonymous: null });
const FILE = compilePolicy({
  rules: rulesOf("user plug\ntopic write lights/#\ntopic write home/secret/#"),
  anonymous: null,
});

function verdict(policy: Policy, client: Partial<Identity>, action: Action, topic: string): string {
  return policy.for(identity({ username: "plug", ...client })).check(action, topic).verdict;
}

const alone = loginRules({ rest: OPEN, hasRules: false });
const before = loginRules({ rest: FILE, hasRules: true });

test.each<readonly [string, Policy, Partial<Identity>, Action, string, string]>([
  ["a login without rules is decided by the others", alone, {}, "publish", "x", "allow"],
  ["null is none", alone, { rules: null }, "publish", "x", "allow"],
  ["an empty list allows nothing", alone, { rules: [] }, "publish", "x", "deny"],
  ["what a rule covers is granted", alone, { rules: RULES }, "subscribe", "home/#", "allow"],
  ["a denial of a part holds at delivery", alone, { rules: RULES }, "receive", "home/secret/x", "deny"],
  ["the rest is delivered", alone, { rules: RULES }, "receive", "home/x", "allow"],
  ["names are filled in", alone, { rules: RULES }, "publish", "dev/plug/x", "allow"],
  ["nobody else's", alone, { rules: RULES }, "publish", "dev/other/x", "deny"],
  ["what no rule says is denied", alone, { rules: RULES }, "publish", "lights/x", "deny"],
  ["unless other rules say it", before, { rules: RULES }, "publish", "lights/x", "allow"],
  [
    "the rules of the login come first",
    before,
    { rules: [rule("deny", "publish", "lights/#")] },
    "publish",
    "lights/x",
    "deny",
  ],
  ["a superuser passes them all", alone, { rules: [], superuser: true }, "publish", "x", "allow"],
  ["but not to $SYS", alone, { rules: [rule("allow", "publish", "$SYS/#")] }, "publish", "$SYS/x", "deny"],
])("%s", (_name, policy, client, action, topic, expected) => {
  expect(verdict(policy, client, action, topic)).toBe(expected);
});

test("an explanation goes through the rules of the login and then the others", () => {
  const access = before.for(identity({ username: "plug", rules: RULES }));
  expect(access.explain("publish", "lights/x").map(({ rule: { text }, matched }) => [text, matched])).toEqual([
    ["deny subscribe home/secret/#", false],
    ["allow subscribe home/#", false],
    ["allow publish dev/%u/#", false],
    ["topic write lights/#", true],
  ]);
  expect(access.explain("publish", "dev/plug/x").at(-1)).toMatchObject({ rule: RULES[2], matched: true });
});
