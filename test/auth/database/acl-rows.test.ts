import { describe, expect, test } from "vitest";
import { rulesInRows } from "../../../src/auth/database/acl-rows.ts";
import type { Row } from "../../../src/auth/database/row.ts";
import { BackendError } from "../../../src/core/errors.ts";

const EMQ2: Row = { allow: 1, ipaddr: null, username: "$all", clientid: null, access: 2, topic: "a/#" };
const EMQX5: Row = { permission: "allow", action: "publish", topic: "a/#" };

describe("whom a row of EMQ 2 is for", () => {
  test.each([
    [{}, { kind: "everyone" }],
    [{ username: "alice" }, { kind: "user", name: "alice" }],
    [
      { username: null, clientid: "plug-1" },
      { kind: "client", id: "plug-1" },
    ],
    [
      { username: "", clientid: "", ipaddr: "10.0.0.0/8" },
      { kind: "network", network: "10.0.0.0/8" },
    ],
    [
      { username: "alice", clientid: "plug-1" },
      {
        kind: "all-of",
        who: [
          { kind: "user", name: "alice" },
          { kind: "client", id: "plug-1" },
        ],
      },
    ],
  ])("%j", (columns, who) => {
    const { rules, faults } = rulesInRows([{ ...EMQ2, ...columns }], "mysql", null);
    expect([rules.map((rule) => rule.who), faults]).toEqual([[who], []]);
  });

  test("whoever the query asks for, when it gives no such column", () => {
    const { rules } = rulesInRows([{ allow: 1, access: 2, topic: "a/#" }], "mysql", null);
    expect(rules).toMatchObject([{ effect: "allow", who: { kind: "everyone" } }]);
  });
});

describe("what a row says", () => {
  test.each([
    [{ ...EMQ2, allow: 1 }, "allow publish a/#"],
    [{ ...EMQ2, allow: "0" }, "deny publish a/#"],
    [{ ...EMQ2, allow: false, access: "1" }, "deny subscribe a/#"],
    [{ ...EMQ2, allow: true, access: 3n }, "allow publish and subscribe a/#"],
    [{ ...EMQ2, topic: Buffer.from("b/%u") }, "allow publish b/%u"],
    [EMQX5, "allow publish a/#"],
    [{ ...EMQX5, permission: "DENY", action: "all" }, "deny publish and subscribe a/#"],
    [{ ...EMQX5, action: "subscribe", qos: "0,1,2", retain: "all" }, "allow subscribe a/#"],
  ])("%o", (row, text) => {
    const { rules, faults } = rulesInRows([row], "mysql", null);
    expect([rules.map((rule) => rule.text), faults]).toEqual([[text], []]);
  });

  test.each([
    ["a/#", { filter: "a/#", placeholders: false }],
    ["dev/%u/%c", { filter: "dev/%u/%c", placeholders: true }],
    ["dev/${username}/#", { filter: "dev/${username}/#", placeholders: true }],
    ["eq #", { filter: "#", placeholders: false, match: "exact" }],
    ["eq", { filter: "eq", placeholders: false }],
  ])("the topic %s", (topic, expected) => {
    const [rule] = rulesInRows([{ ...EMQX5, topic }], "mysql", null).rules;
    expect(rule).toMatchObject(expected);
    expect(rule?.match).toBe("match" in expected ? expected.match : undefined);
  });
});

test.each([
  [{ ...EMQ2, username: null }, "row 1 is for nobody: username, clientid and ipaddr are empty, and is left out"],
  [{ ...EMQ2, allow: 2 }, 'row 1 has "2" as allow, not 0, 1, and is left out'],
  [{ ...EMQ2, access: null }, "row 1 has nothing as access, not 1, 2, 3, and is left out"],
  [{ ...EMQ2, ipaddr: "10.0.0" }, 'row 1 has "10.0.0" as ipaddr, which is no address, and is left out'],
  [{ ...EMQ2, ipaddr: "10.0.0.0/33" }, 'row 1 has "10.0.0.0/33" as ipaddr, which is no address, and is left out'],
  [
    { ...EMQ2, ipaddr: "::ffff:10.0.0.0/8" },
    'row 1 has "::ffff:10.0.0.0/8" as ipaddr, which is no address, and is left out',
  ],
  [
    { ...EMQ2, topic: "a/#/b" },
    'row 1 has "a/#/b" as topic: "#" must be the last level and stand alone in it, and is left out',
  ],
  [{ ...EMQX5, topic: null }, 'row 1 has "" as topic: it is empty, and is left out'],
  [{ ...EMQX5, action: "pubsub" }, 'row 1 has "pubsub" as action, not publish, subscribe, all, and is left out'],
  [{ ...EMQX5, retain: 1 }, "row 1 has a condition on retain, which is not carried out here, and is left out"],
])("a row that cannot be kept is named: %o", (row, fault) => {
  expect(rulesInRows([row], "mysql", null)).toEqual({ rules: [], faults: [fault] });
});

test("a row that denies more than it says is kept", () => {
  const { rules, faults } = rulesInRows([{ ...EMQX5, permission: "deny", qos: 1 }], "mysql", null);
  expect(rules).toMatchObject([{ effect: "deny", filter: "a/#" }]);
  expect(faults).toEqual(["row 1 has a condition on qos, and denies without it"]);
});

test("the other rows count, in the order of their kind", () => {
  const topics = (rows: readonly Row[], order: "first_first" | "last_first" | null): string =>
    rulesInRows(rows, "mysql", order)
      .rules.map(({ filter, origin }) => `${origin.line}:${filter}`)
      .join(" ");
  const two = ["a", "+#", "c"].map((topic) => ({ ...EMQ2, topic }));
  const five = ["a", "+#", "c"].map((topic) => ({ ...EMQX5, topic }));
  expect([topics(two, null), topics(two, "first_first")]).toEqual(["3:c 1:a", "1:a 3:c"]);
  expect([topics(five, null), topics(five, "last_first")]).toEqual(["1:a 3:c", "3:c 1:a"]);
});

test.each([{ allow: 1, topic: "a" }, { permission: "allow", action: "all" }, { topic: "a" }])(
  "columns of neither kind are no rules: %o",
  (row) => {
    expect(() => rulesInRows([row], "mysql", null)).toThrow(
      new BackendError("acl_query gives neither allow, access, topic nor permission, action, topic"),
    );
  },
);

test("no rows are no rules", () => {
  expect(rulesInRows([], "mysql", null)).toEqual({ rules: [], faults: [] });
});
