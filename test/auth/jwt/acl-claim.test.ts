import { expect, test } from "vitest";
import { parseAclClaim } from "../../../src/auth/jwt/acl-claim.ts";

function kept(claim: unknown): readonly string[] {
  const acl = parseAclClaim(claim);
  if ("fault" in acl) throw new Error(acl.fault);
  return acl.rules.map(({ effect, actions, filter }) => `${effect} ${actions.join("+")} ${filter}`);
}

test("the list form keeps its order, and each rule says where it is from", () => {
  const claim = [
    { permission: "deny", action: "subscribe", topic: "home/secret/#" },
    { permission: "allow", action: "all", topics: ["home/${username}/#", "dev/%c/+"] },
    { permission: "allow", action: "publish", topic: "eq log" },
    { permission: "allow", topic: "any" },
  ];
  expect(kept(claim)).toEqual([
    "deny subscribe+receive home/secret/#",
    "allow publish+subscribe+receive home/${username}/#",
    "allow publish+subscribe+receive dev/%c/+",
    "allow publish log",
    "allow publish+subscribe+receive any",
  ]);
  expect(parseAclClaim([claim[0]])).toEqual({
    rules: [
      {
        effect: "deny",
        who: { kind: "everyone" },
        actions: ["subscribe", "receive"],
        filter: "home/secret/#",
        placeholders: false,
        text: "deny subscribe home/secret/#",
        origin: { file: "the acl claim of its token" },
      },
    ],
  });
});

test("the older form allows what it lists", () => {
  expect(kept({ pub: ["a/b"], sub: ["a/#", "b"], all: ["${clientid}/#"] })).toEqual([
    "allow publish a/b",
    "allow subscribe+receive a/#",
    "allow subscribe+receive b",
    "allow publish+subscribe+receive ${clientid}/#",
  ]);
});

test.each([[[]], [{}], [{ pub: [] }]])("no rules are none, and not all: %j", (claim) => {
  expect(parseAclClaim(claim)).toEqual({ rules: [] });
});

test.each<readonly [unknown, string]>([
  [null, "is neither a list of rules nor an object of topic lists"],
  ["#", "is neither a list of rules nor an object of topic lists"],
  [["#"], "is neither a list of rules nor an object of topic lists"],
  [{ publish: ["#"] }, "is neither a list of rules nor an object of topic lists"],
  [{ pub: "#" }, "has a rule without a topic"],
  [{ pub: [1] }, "has a rule without a topic"],
  [[{ permission: "allow", action: "publish" }], "has a rule without a topic"],
  [[{ permission: "yes", topic: "#" }], 'has a rule that is neither "allow" nor "deny"'],
  [[{ topic: "#" }], 'has a rule that is neither "allow" nor "deny"'],
  ...["read", "toString", null, 2].map(
    (action) =>
      [
        [{ permission: "allow", action, topic: "#" }],
        'has a rule whose action is not "publish", "subscribe" or "all"',
      ] as const,
  ),
  [[{ permission: "deny", topic: "#", topics: ["a"] }], 'has a rule with "topics", which is not carried out here'],
  [[{ permission: "allow", topic: "#", qos: [0] }], 'has a rule with "qos", which is not carried out here'],
  [[{ permission: "allow", topic: "#", retain: false }], 'has a rule with "retain", which is not carried out here'],
  [{ pub: ["a#"] }, 'has the rule "allow publish a#", which has no topic filter'],
  [{ pub: Array(1001).fill("a") }, "has more than 1000 rules"],
])("what cannot be kept exactly spoils it: %j", (claim, fault) => {
  expect(parseAclClaim(claim)).toEqual({ fault });
});

test("names are left to be filled in, and eq is kept", () => {
  const acl = parseAclClaim({ sub: ["a/%u", "a/${clientid}", "a/u", "eq #", "eq ${username}/#"] });
  expect.assert("rules" in acl);
  expect(acl.rules.map(({ filter, placeholders, match }) => [filter, placeholders, match])).toEqual([
    ["a/%u", true, undefined],
    ["a/${clientid}", true, undefined],
    ["a/u", false, undefined],
    ["#", false, "exact"],
    ["${username}/#", true, "exact"],
  ]);
});
