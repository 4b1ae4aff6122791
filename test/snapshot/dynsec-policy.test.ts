import { describe, expect, test } from "vitest";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Access, Decision, Identity } from "../../src/core/types.ts";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import { dynsecLimits, dynsecPolicy } from "../../src/snapshot/dynsec-policy.ts";
import type { DynsecMoment } from "../../src/snapshot/types.ts";
import { client, dynsecText, may } from "../helpers/dynsec.ts";

const TEXT = dynsecText({
  clients: [client("plug", { maxconnections: 3, roles: [{ rolename: "r" }] })],
  roles: [
    {
      rolename: "r",
      maxpublishrate: 5,
      acls: [may("publishClientSend", "a"), { ...may("publishClientSend", "b"), allow: false }],
    },
  ],
});

function moment(text = TEXT): DynsecMoment {
  const { state, problems } = parseDynsec(text, "dynsec.json");
  return { file: "dynsec.json", state, isIntact: state !== null, problems };
}

const who = (username: string | null, superuser = false): Identity => {
  return { clientId: "c", username, superuser, source: "test", proof: null };
};

const rule = {
  effect: "allow",
  who: { kind: "everyone" },
  actions: ["publish"],
  filter: "#",
  placeholders: false,
} as const;
const origin = { file: "acl", line: 1 };
/** Rules that allow everything but to publish to "d". */
const acl: Access = {
  check: (action, topic) =>
    action === "publish" && topic === "d"
      ? deny("acl", { kind: "publish_denied", sentence: "not d" })
      : allow("acl", undefined, { kind: "ok", sentence: "any" }),
  explain: () => [{ rule: { ...rule, text: "topic #", origin }, matched: true, why: "the filter # matches" }],
};
const rest = { for: () => acl };
const said = ({ verdict, by }: Decision): string => `${verdict} by ${by}`;

describe("rights of dynamic security", () => {
  test.each([
    ["plug", "a", "allow by dynsec", "allow by dynsec"],
    ["plug", "b", "deny by dynsec", "deny by dynsec"],
    ["plug", "c", "deny by dynsec", "allow by acl"],
    ["plug", "d", "deny by dynsec", "deny by acl"],
    ["unknown", "a", "deny by dynsec", "allow by acl"],
    [null, "a", "deny by dynsec", "allow by acl"],
  ])("of %s to publish to %s: alone %s, before an ACL file %s", (username, topic, alone, before) => {
    const check = (hasRules: boolean): string =>
      said(dynsecPolicy(moment(), { rest, hasRules }).for(who(username)).check("publish", topic));
    expect([check(false), check(true)]).toEqual([alone, before]);
  });

  test("are explained as far as they were asked", () => {
    const { explain } = dynsecPolicy(moment(), { rest, hasRules: true }).for(who("plug"));
    const steps = (topic: string): string[] => explain("publish", topic).map(({ rule: { text } }) => text);
    expect(steps("b")).toEqual([
      "role r: publishClientSend a, allow, priority 0",
      "role r: publishClientSend b, deny, priority 0",
    ]);
    expect(steps("c").at(-1)).toBe("topic #");
  });

  test("are no business of whoever passes every rule, nor of a broker without it", () => {
    const policy = dynsecPolicy(moment(), { rest, hasRules: false });
    expect(said(policy.for(who("homeassistant", true)).check("publish", "x"))).toBe("allow by acl");
    expect(dynsecPolicy(null, { rest, hasRules: false })).toBe(rest);
  });

  test("are none for anybody when the file cannot be used, whatever an ACL file allows", () => {
    const { check, explain } = dynsecPolicy(moment("{"), { rest, hasRules: true }).for(who("plug"));
    for (const action of ["publish", "receive", "subscribe", "unsubscribe"] as const) {
      expect(check(action, "a")).toEqual({
        verdict: "deny",
        by: "dynsec",
        reason: {
          kind: `${action}_denied`,
          sentence: "dynamic security has no clients and roles, because dynsec.json cannot be used",
          hint: "correct dynsec.json; the log says what is wrong with it",
          where: { file: "dynsec.json" },
        },
      });
    }
    expect(explain("publish", "a")).toEqual([]);
  });
});

test("the limits of a client are those of it and its roles", () => {
  const limits = (dynsec: DynsecMoment | null, username: string | null) => dynsecLimits(dynsec)({ username });
  const none = { maxConnections: null, maxPublishRate: null };
  expect(limits(moment(), "plug")).toEqual({ maxConnections: 3, maxPublishRate: 5 });
  for (const dynsec of [moment(), moment("{"), null]) expect(limits(dynsec, "unknown")).toEqual(none);
  expect(limits(null, "plug")).toEqual(none);
});
