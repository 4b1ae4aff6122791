import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { looksLikeErlang, parseErlangAcl } from "../../../src/acl/formats/erlang-acl.ts";
import { sentence } from "../../../src/core/problem.ts";
import type { AccessRule, Who } from "../../../src/core/types.ts";

const KEPT = "The rules loaded at 12:03 stay in use.";

function parse(text: string): { readonly rules: readonly AccessRule[] | null; readonly said: readonly string[] } {
  const { rules, problems } = parseErlangAcl(text, "acl.conf", KEPT);
  return { rules, said: problems.map((problem) => `${problem.severity}: ${sentence(problem)}`) };
}

/** The rules of a text without a fault. */
function rulesIn(text: string): readonly AccessRule[] {
  const { rules, said } = parse(text);
  expect(said).toEqual([]);
  return rules ?? [];
}

function whoIn(who: string): Who | undefined {
  return rulesIn(`{allow, ${who}, all, ["a"]}.`)[0]?.who;
}

describe("an acl.conf", () => {
  test("of EMQ 2.3 becomes rules in its order, with the lines they stand in", () => {
    const text = `%% Allow 'dashboard' to subscribe '$SYS/#'
{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.

%% Allow clients from localhost to subscribe any topics
{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.

%% Deny clients to subscribe '$SYS#' and '#'
{deny, all, subscribe,
   ["$SYS/#", {eq, "#"}]}.

%% Allow all by default
{allow, all}.
`;
    const rule = (
      line: number,
      effect: AccessRule["effect"],
      who: Who,
      actions: AccessRule["actions"],
      filter: string,
      quoted: string,
    ): AccessRule => ({
      effect,
      who,
      actions,
      filter,
      placeholders: false,
      text: quoted,
      origin: { file: "acl.conf", line },
    });
    const local = '{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}';
    const denied = '{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}';
    const here: Who = { kind: "network", network: "127.0.0.1" };
    const everyone: Who = { kind: "everyone" };
    const dashboard: Who = { kind: "user", name: "dashboard" };
    expect(rulesIn(text)).toEqual([
      rule(2, "allow", dashboard, ["subscribe"], "$SYS/#", '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}'),
      rule(5, "allow", here, ["publish", "subscribe"], "$SYS/#", local),
      rule(5, "allow", here, ["publish", "subscribe"], "#", local),
      rule(8, "deny", everyone, ["subscribe"], "$SYS/#", denied),
      { ...rule(8, "deny", everyone, ["subscribe"], "#", denied), match: "exact" },
      { ...rule(12, "allow", everyone, ["publish", "subscribe"], "#", "{allow, all}"), match: "any" },
    ]);
  });

  test("of EMQX 5.8 and 6 is read too", () => {
    const text = `{allow, {username, {re, "^dashboard$"}}, subscribe, ["$SYS/#"]}.
{allow, {ipaddr, "127.0.0.1"}, all, ["$SYS/#", "#"]}.
{deny, all, subscribe, ["$SYS/#", {eq, "#"}, {eq, "+/#"}]}.
{deny, {security_profile, hardened}, all, ["x"]}.
{allow, all}.`;
    expect(rulesIn(text).map(({ filter, match, who }) => [who.kind, filter, match])).toEqual([
      ["pattern", "$SYS/#", undefined],
      ["network", "$SYS/#", undefined],
      ["network", "#", undefined],
      ["everyone", "$SYS/#", undefined],
      ["everyone", "#", "exact"],
      ["everyone", "+/#", "exact"],
      ["everyone", "x", undefined],
      ["everyone", "#", "any"],
    ]);
  });

  test.each<readonly [string, Who]>([
    ["all", { kind: "everyone" }],
    ["{user, all}", { kind: "everyone" }],
    ["{client, all}", { kind: "everyone" }],
    ['{username, "a"}', { kind: "user", name: "a" }],
    ['{client, "a"}', { kind: "client", id: "a" }],
    ['{clientid, {re, "^a"}}', { kind: "pattern", of: "clientId", pattern: "^a" }],
    ['{listener, "1883"}', { kind: "listener", name: "1883" }],
    ['{ipaddr, "fd00::/8"}', { kind: "network", network: "fd00::/8" }],
    ['{ipaddrs, ["10.0.0.0/8"]}', { kind: "any-of", who: [{ kind: "network", network: "10.0.0.0/8" }] }],
    ["{'and', [all, {user, \"a\"}]}", { kind: "all-of", who: [{ kind: "everyone" }, { kind: "user", name: "a" }] }],
    ['{or, [{user, "a"}]}', { kind: "any-of", who: [{ kind: "user", name: "a" }] }],
    ["{'or', []}", { kind: "any-of", who: [] }],
    ["{security_profile, legacy}", { kind: "any-of", who: [] }],
    ['{user, "a" "b"}', { kind: "user", name: "ab" }],
    ['{user, <<"a">>}', { kind: "user", name: "a" }],
    ['{user, <<"ä"/utf8>>}', { kind: "user", name: "ä" }],
    [String.raw`{user, "\"\\\n\t\s\x41\x{1F600}\101\^A%"}`, { kind: "user", name: '"\\\n\t A😀A\u0001%' }],
  ])("names clients as %s", (text, who) => {
    expect(whoIn(text)).toEqual(who);
  });

  test.each<readonly [string, readonly (readonly [string, AccessRule["match"], boolean])[]]>([
    [
      '["a/%u/#", "b"]',
      [
        ["a/%u/#", undefined, true],
        ["b", undefined, false],
      ],
    ],
    ['["eq #"]', [["#", "exact", false]]],
    ["all", [["#", "any", false]]],
    ['["a-${clientid}/${username}"]', [["a-${clientid}/${username}", undefined, true]]],
    ['[<<"a/%c">>]', [["a/%c", undefined, true]]],
  ])("names topics as %s", (text, expected) => {
    const rules = rulesIn(`{allow, all, publish, ${text}}.`);
    expect(rules.map(({ filter, match, placeholders }) => [filter, match, placeholders])).toEqual(expected);
  });

  test.each([
    ["publish", ["publish"]],
    ["subscribe", ["subscribe"]],
    ["pubsub", ["publish", "subscribe"]],
    ["all", ["publish", "subscribe"]],
    ["{publish, [{qos, [0,1,2]}, {retain, all}]}", ["publish"]],
    ["{subscribe, [{retain, false}]}", ["subscribe"]],
  ])("names the access as %s", (text, actions) => {
    expect(rulesIn(`{allow, all, ${text}, ["a"]}.`)[0]?.actions).toEqual(actions);
  });

  const one = (column: number, what: string): readonly string[] => [
    `error: acl.conf line 1, column ${column}: ${what.replace(" | ", ` ${KEPT} `)}`,
  ];
  const SHAPE = 'Write {allow, Who, Access, Topics}., such as {allow, {user, "meter"}, publish, ["meters/#"]}.';
  const WHO = 'Write all, {user, "meter"}, {clientid, "m1"} or {ipaddr, "10.0.0.0/8"}, for example.';
  const ADDRESS = 'Write an address such as "127.0.0.1", or a network such as "10.0.0.0/8".';
  test.each([
    ["{allow, all}", 1, 'the last rule has no full stop at its end. | Add a "." behind it.'],
    ["allow.", 1, `this is not a rule. | ${SHAPE}`],
    ["{allow}.", 1, `a rule has two or four parts, and this one has 1. | ${SHAPE}`],
    ["{allow, all, publish}.", 1, `a rule has two or four parts, and this one has 3. | ${SHAPE}`],
    ["{permit, all}.", 2, `a rule begins with "allow" or "deny". | ${SHAPE}`],
    ['{allow, {user, "a"}}.', 9, `a rule with two parts ends with "all". | ${SHAPE}`],
    [
      '{allow, all, pubish, ["a"]}.',
      14,
      '"pubish" is not an access. | Did you mean "publish"? (subscribe, publish, pubsub, all)',
    ],
    ['{allow, all, 1, ["a"]}.', 14, '"1" is not an access. | Use subscribe, publish, pubsub or all.'],
    [
      '{deny, all, {publish, [{retain, true}]}, ["a"]}.',
      24,
      "rules cannot depend on QoS or retain. | Remove the condition, or write the rule for all messages.",
    ],
    [
      '{allow, {usr, "a"}, all, ["a"]}.',
      10,
      '"usr" is not known. | Did you mean "user"? (user, username, client, clientid, listener, ipaddr, ipaddrs, and, or)',
    ],
    [
      '{allow, {zone, "a"}, all, ["a"]}.',
      10,
      "a rule cannot be for a zone: there is none here. | Name users, client ids, addresses or listeners instead.",
    ],
    [
      '{allow, {client_attr, "a", "b"}, all, ["a"]}.',
      9,
      "a rule cannot be for a client_attr: there is none here. | Name users, client ids, addresses or listeners instead.",
    ],
    ['{allow, "a", all, ["a"]}.', 9, `it is not clear whom this rule is for. | ${WHO}`],
    [
      '{allow, {user, 1}, all, ["a"]}.',
      16,
      'a name is missing here. | Write it in quotes, or {re, "^plug-"} for a pattern.',
    ],
    [
      '{allow, {user, {re, "("}}, all, ["a"]}.',
      21,
      'the pattern "(" cannot be used: a ")" is missing. | Write it in another way, or name the clients one by one.',
    ],
    [
      '{allow, {ipaddr, ""}, pubsub, ["$SYS/#", "#"]}.',
      18,
      `"" cannot be used: it is no address, and no network such as 10.0.0.0/8. | ${ADDRESS}`,
    ],
    [
      '{allow, {ipaddr, "10.0.0.0/33"}, all, ["#"]}.',
      18,
      `"10.0.0.0/33" cannot be used: it is no address, and no network such as 10.0.0.0/8. | ${ADDRESS}`,
    ],
    [
      '{allow, all, all, ["a/#/b"]}.',
      20,
      '"a/#/b" is not a topic filter: "#" must be the last level and stand alone in it. | Correct the filter: "+" stands for one level, "#" for all that follow, as in home/+/state or home/#.',
    ],
    [
      '{deny, all, all, ["$share/g/a"]}.',
      19,
      'no rule can match "$share/g/a": shared subscriptions are decided by the filter behind the group. | Write that filter: "home/#" for "$share/lamps/home/#".',
    ],
    [
      '{allow, all, all, ["${zone}/a"]}.',
      20,
      '"${zone}" is not known here. | Use ${username} or ${clientid}, or write the text itself.',
    ],
    ["{allow, all, all, [1]}.", 20, 'this is not a topic. | Write "home/#", {eq, "#"}, or all in place of the list.'],
    [
      '{allow, all, all ["a"]}.',
      18,
      '"[" was not expected here; "," or "}" was. | Check the brackets and commas of this rule.',
    ],
    ["{allow, all,.", 13, 'the "." comes too early. | Check the brackets and commas of this rule.'],
    [
      "{allow, all} {deny, all}.",
      14,
      '"{" was not expected here; a "." and the next rule was. | Check the brackets and commas of this rule.',
    ],
    ['{allow, {user, "a}, all}.', 16, 'a text that begins with " does not end. | Add the " at its end.'],
    ['{allow, {user, "\\q"}, all, ["a"]}.', 16, '"\\q" in a text is not known. | Write a backslash as "\\\\".'],
    [
      "{allow, All}.",
      9,
      '"All" cannot stand in a rule. | A rule is made of words such as allow, texts in quotes, lists and tuples: {allow, {user, "meter"}, publish, ["meters/#"]}.',
    ],
    [`${"[".repeat(60)}.`, 42, "brackets are nested too deep. | Remove some of them."],
  ])("%s is refused, and the rules in use stay", (text, column, what) => {
    expect(parse(text)).toEqual({ rules: null, said: one(column, what) });
  });

  it("names every rule with a fault", () => {
    const { rules, said } = parse(
      '{allow, all}.\n{allow, all, pub, ["a"]}.\n{deny, all, sub, ["a"]}.\n{deny, all, all}.\n',
    );
    expect(rules).toBeNull();
    expect(said.map((text) => /line \d+, column \d+/.exec(text)?.[0])).toEqual([
      "line 2, column 14",
      "line 3, column 13",
      "line 4, column 1",
    ]);
  });

  test.each([
    [
      '{allow, all, all, <<"a">>}.',
      'column 19: a topic without a list around it. It is read as a list of one. Write ["home/#"] for EMQ.',
    ],
    ["{allow, all, all, []}.", "column 19: the rule has no topics. It never matches. Add topics, or remove the rule."],
    [
      '{allow, all, all, ["x%u"]}.',
      'column 20: in "x%u" the placeholder is only a part of a level. As in EMQ, it is taken literally there. Make %u or %c a level of its own, or write ${username} or ${clientid}.',
    ],
    [
      '{allow, all, {subscribe, {retain, true}}, ["a"]}.',
      "column 26: conditions without a list around them. They are read as one. Write [{retain, true}] for EMQ.",
    ],
  ])("%s works with a warning", (text, what) => {
    const { rules, said } = parse(`{allow, all}.\n${text}`);
    expect(rules).not.toBeNull();
    expect(said).toEqual([`warning: acl.conf line 2, ${what}`]);
  });

  it("says that a file without rules denies everything", () => {
    expect(parse("%% nothing\n")).toEqual({
      rules: [],
      said: [
        'warning: acl.conf contains no rules. What no rule allows is denied, so no device may use any topic. Write rules into it, for example "{allow, all}.", or do not name it as acl_file.',
      ],
    });
  });

  it("survives any text", () => {
    const words = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ".",
      ".\n",
      "allow",
      "all",
      '"a"',
      "<<",
      ">>",
      "'",
      "%",
      "\\",
      "1",
      " ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 20 }), (parts) => {
        const { rules, problems } = parseErlangAcl(parts.join(""), "acl.conf", KEPT);
        expect(rules === null).toBe(problems.some(({ severity }) => severity === "error"));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ["%% EMQ\n{allow, all}.", true],
  ["\uFEFF\n  {allow, all}.", true],
  ["% only a comment", true],
  ["# a comment\ntopic read a", false],
  ["user {a}", false],
  ["", false],
  ["allow_anonymous false", false],
])("%j is taken for EMQ's rules: %s", (text, expected) => {
  expect(looksLikeErlang(text)).toBe(expected);
});
