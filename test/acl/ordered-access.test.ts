import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseErlangAcl } from "../../src/acl/formats/erlang-acl.ts";
import { orderedRules } from "../../src/acl/ordered-access.ts";
import { compilePolicy } from "../../src/acl/policy.ts";
import { filterFault, matches } from "../../src/core/topic.ts";
import type { Access, AccessRule, Action, Identity } from "../../src/core/types.ts";
import { identity } from "./access-of.ts";

function rulesOf(text: string): readonly AccessRule[] {
  const { rules, problems } = parseErlangAcl(text, "acl.conf", "-");
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return rules ?? [];
}

function accessOf(text: string, client: Partial<Identity> = {}): Access {
  return compilePolicy({ rules: rulesOf(text), order: "first-match", anonymous: null }).for(identity(client));
}

function verdict(text: string, action: Action, topic: string, client: Partial<Identity> = {}): string {
  return accessOf(text, client).check(action, topic).verdict;
}

/** With the address that the guide's text lost. */
const GUIDE = `{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.
{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.
{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.
{allow, all}.`;

describe("the rules of the guide", () => {
  test.each<readonly [Partial<Identity>, Action, string, string]>([
    [{ username: "dashboard" }, "subscribe", "$SYS/#", "allow"],
    [{ username: "dashboard" }, "receive", "$SYS/broker/uptime", "allow"],
    [{ username: "plug" }, "subscribe", "$SYS/#", "deny"],
    [{ username: "plug" }, "subscribe", "$SYS/broker/uptime", "deny"],
    [{ username: "plug" }, "receive", "$SYS/broker/uptime", "deny"],
    [{ username: "plug" }, "subscribe", "#", "deny"],
    [{ username: "plug" }, "subscribe", "$share/g/#", "deny"],
    [{ username: "plug" }, "subscribe", "+/#", "allow"],
    [{ username: "plug" }, "subscribe", "home/#", "allow"],
    [{ username: "plug" }, "receive", "home/x", "allow"],
    [{ username: "plug" }, "publish", "home/x", "allow"],
    [{ username: "plug" }, "publish", "$SYS/x", "deny"],
    [{ username: null }, "publish", "home/x", "allow"],
    [{ username: "plug", address: "127.0.0.1" }, "subscribe", "#", "allow"],
    [{ username: "plug", address: "::ffff:127.0.0.1" }, "subscribe", "$SYS/#", "allow"],
    [{ username: "plug", address: "127.0.0.2" }, "subscribe", "#", "deny"],
    [{ username: "plug" }, "unsubscribe", "#", "allow"],
    [{ username: "plug", superuser: true }, "subscribe", "#", "allow"],
  ])("%j %s %s: %s", (client, action, topic, expected) => {
    expect(verdict(GUIDE, action, topic, client)).toBe(expected);
  });
});

describe("a subscription is a set of topics", () => {
  test.each([
    ["a/+", "a/#", false, "deny"],
    ["a/#", "a/+", true, "deny"],
    ["a/#", "a", true, "deny"],
    ["#", "$SYS/x", false, "allow"],
    ["+/+", "#", false, "deny"],
    ["a/+/c", "a/b/#", false, "deny"],
    ["secret/#", "#", false, "deny"],
    ["secret/#", "+/x", false, "deny"],
  ])("the rule %s and the filter %s", (rule, filter, isCovered, denied) => {
    expect(verdict(`{allow, all, subscribe, ["${rule}"]}.`, "subscribe", filter)).toBe(isCovered ? "allow" : "deny");
    // a denial of all of it refuses; a denial of a part lets it pass, and holds at delivery
    const text = `{deny, all, subscribe, ["${rule}"]}.\n{allow, all, subscribe, all}.`;
    expect(verdict(text, "subscribe", filter)).toBe(isCovered ? "deny" : "allow");
    const topics = ["a", "a/b", "a/b/c", "a/z/c", "secret", "secret/x", "x", "z/x", "$SYS/x"];
    const both = topics.filter((topic) => matches(rule, topic) && matches(filter, topic));
    expect(both.length > 0 ? "deny" : "allow").toBe(denied);
    for (const topic of both) expect(verdict(text, "receive", topic)).toBe("deny");
  });

  it("never lets a message through that no rule gives", () => {
    const level = fc.constantFrom("a", "b", "+", "$s");
    const filters = fc
      .tuple(fc.array(level, { maxLength: 2 }), fc.constantFrom("a", "b", "+", "#"))
      .map(([before, last]) => [...before, last].join("/"))
      .filter((filter) => filterFault(filter) === null);
    const rules = fc
      .array(fc.tuple(fc.constantFrom("allow", "deny"), filters, fc.boolean()), { minLength: 1, maxLength: 5 })
      .map((lines) =>
        lines
          .map(
            ([effect, filter, isExact]) =>
              `{${effect}, all, subscribe, [${isExact ? `{eq, "${filter}"}` : `"${filter}"`}]}.`,
          )
          .join("\n"),
      );
    const topics = fc
      .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    let granted = 0;
    fc.assert(
      fc.property(rules, filters, fc.array(topics, { minLength: 5, maxLength: 5 }), (text, filter, asked) => {
        const access = accessOf(text);
        const parsed = rulesOf(text);
        if (access.check("subscribe", filter).verdict === "allow") granted++;
        for (const topic of asked) {
          const first = parsed.find((rule) =>
            rule.match === "exact" ? rule.filter === topic : matches(rule.filter, topic),
          );
          expect(access.check("receive", topic).verdict).toBe(first?.effect ?? "deny");
          // whoever may subscribe to a topic by its name may receive it, and the other way round
          expect(access.check("subscribe", topic).verdict).toBe(first?.effect ?? "deny");
        }
      }),
      { numRuns: 2_000 },
    );
    expect(granted).toBeGreaterThan(200);
  });
});

describe("names in a filter", () => {
  const allow = (filter: string): string => `{allow, all, publish, ["${filter}"]}.`;
  const deny = (filter: string): string => `{deny, all, publish, ["${filter}"]}.\n{allow, all}.`;
  test.each<readonly [string, Partial<Identity>, string, string]>([
    [allow("dev/%u/#"), { username: "plug" }, "dev/plug/x", "allow"],
    [allow("dev/%u/#"), { username: "plug" }, "dev/other/x", "deny"],
    [allow("dev/%u/#"), { username: null }, "dev/%u/x", "deny"],
    [allow("dev/%c"), { clientId: "c1" }, "dev/c1", "allow"],
    [allow("dev-${clientid}/${username}"), { clientId: "c1", username: "u" }, "dev-c1/u", "allow"],
    // a name cannot make a rule wider, nor reach into the topics of another
    [allow("dev/%u/#"), { username: "+" }, "dev/other/x", "deny"],
    [allow("dev/%u/#"), { username: "a/b" }, "dev/a/b/x", "deny"],
    [allow("%c/#"), { clientId: "$x" }, "$x/y", "deny"],
    [allow("dev/x${clientid}"), { clientId: "#" }, "dev/xy", "deny"],
    // nor can it lift a denial
    [deny("dev/%u/#"), { username: "plug" }, "dev/plug/x", "deny"],
    [deny("dev/%u/#"), { username: "a+b" }, "dev/any/x", "deny"],
    [deny("dev/%u/#"), { username: "a/b" }, "dev/a/b/x", "deny"],
    [deny("dev/x${username}/#"), { username: "#" }, "dev/any/x", "deny"],
    [deny("dev/%u/#"), { username: "plug" }, "dev/other/x", "allow"],
  ])("%s for %j and %s: %s", (text, client, topic, expected) => {
    expect(verdict(text, "publish", topic, client)).toBe(expected);
  });
});

describe("whom a rule is for", () => {
  test.each<readonly [string, Partial<Identity>, string]>([
    ['{user, "a"}', { username: "a" }, "allow"],
    ['{user, "a"}', { username: "A" }, "deny"],
    ['{user, "a"}', { username: null }, "deny"],
    ["{user, all}", { username: null }, "allow"],
    ['{user, {re, "^plug-\\\\d+$"}}', { username: "plug-12" }, "allow"],
    ['{user, {re, "^plug-\\\\d+$"}}', { username: "plug-x" }, "deny"],
    ['{user, {re, ""}}', { username: null }, "deny"],
    ['{client, "c"}', { clientId: "c" }, "allow"],
    ['{listener, "1883"}', { listener: "1883" }, "allow"],
    ['{listener, "1883"}', {}, "deny"],
    ['{ipaddr, "10.0.0.0/8"}', { address: "10.1.2.3" }, "allow"],
    ['{ipaddr, "10.0.0.0/8"}', { address: "11.1.2.3" }, "deny"],
    ['{ipaddr, "10.0.0.0/8"}', {}, "deny"],
    ['{ipaddr, "0.0.0.0/0"}', { address: "11.1.2.3" }, "allow"],
    ['{ipaddr, "::ffff:10.0.0.0/104"}', { address: "10.1.2.3" }, "allow"],
    ['{ipaddr, "fd00::/8"}', { address: "fd12::1" }, "allow"],
    ['{ipaddr, "fd00::/8"}', { address: "fe80::1" }, "deny"],
    ['{ipaddrs, ["10.0.0.1", "10.0.0.2"]}', { address: "10.0.0.2" }, "allow"],
    ['{ipaddrs, ["10.0.0.1", "10.0.0.2"]}', { address: "10.0.0.3" }, "deny"],
    ['{\'and\', [{user, "a"}, {client, "c"}]}', { username: "a", clientId: "c" }, "allow"],
    ['{\'and\', [{user, "a"}, {client, "c"}]}', { username: "a", clientId: "d" }, "deny"],
    ["{'and', []}", {}, "allow"],
    ['{\'or\', [{user, "a"}, {client, "c"}]}', { username: "b", clientId: "c" }, "allow"],
    ["{'or', []}", {}, "deny"],
  ])("%s and %j: %s", (who, client, expected) => {
    expect(verdict(`{allow, ${who}, publish, ["t"]}.`, "publish", "t", client)).toBe(expected);
  });
});

describe("an explanation", () => {
  it("tells of every rule why it does not decide, up to the one that does", () => {
    const access = accessOf(
      `{allow, {user, "boss"}, all, all}.
{allow, all, publish, ["a/#"]}.
{allow, all, subscribe, ["a/b/#", {eq, "#"}, "b/%u"]}.
{deny, all, subscribe, ["a/secret"]}.
{allow, all, subscribe, ["a/#"]}.
{deny, all}.`,
      { username: "plug" },
    );
    expect(
      access.explain("subscribe", "$share/g/a/+").map(({ rule, matched, why }) => [rule.origin.line, matched, why]),
    ).toEqual([
      [1, false, "the rule is for user boss"],
      [2, false, "the rule is not about subscribing"],
      [3, false, "the filter a/b/# covers only a part of it"],
      [3, false, "only # itself counts, not what it covers"],
      [3, false, "the filter b/%u, here b/plug, does not cover it"],
      [4, false, "the filter a/secret covers a part of it, so messages from that part are not delivered"],
      [5, true, "the filter a/# covers it"],
    ]);
    expect(access.explain("receive", "a/secret").at(-1)?.why).toBe("the filter a/secret matches it");
    expect(access.explain("publish", "x").at(-1)).toMatchObject({
      matched: true,
      why: "the rule is about every topic",
    });
    expect(access.explain("unsubscribe", "x")).toEqual([]);
  });

  it("says in the answer which rule it was, or what to add", () => {
    const access = accessOf('{deny, all, publish, ["a"]}.\n{allow, all, publish, ["b"]}.');
    expect(access.check("publish", "a").reason).toEqual({
      kind: "publish_denied",
      sentence: 'the rule {deny, all, publish, ["a"]} (acl.conf line 1) denies it',
      hint: "change that rule, or put one that allows it before it",
      where: { file: "acl.conf", line: 1 },
    });
    expect(access.check("publish", "b").reason.sentence).toBe(
      'the rule {allow, all, publish, ["b"]} (acl.conf line 2) allows it',
    );
    expect(access.check("subscribe", "c").reason).toEqual({
      kind: "subscribe_denied",
      sentence: "no rule in acl.conf allows it",
      hint: "add a rule that allows subscribing to all of it",
      where: { file: "acl.conf" },
    });
  });
});

test("rules without a match leave the answer to others", () => {
  const access = orderedRules(rulesOf('{allow, all, publish, ["a"]}.'))(identity());
  expect(access.check("publish", "b").verdict).toBe("ignore");
  expect(orderedRules([])(identity()).check("subscribe", "b")).toMatchObject({
    verdict: "ignore",
    reason: { sentence: "no rule allows it" },
  });
});
