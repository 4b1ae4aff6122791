import { describe, expect, test } from "vitest";
import type { Action, Decision } from "../../src/core/types.ts";
import { accessOf } from "../../src/dynsec/access.ts";
import type { DynsecState } from "../../src/dynsec/types.ts";
import filterVectors from "../fixtures/filter-vectors.json" with { type: "json" };
import topicVectors from "../fixtures/topic-vectors.json" with { type: "json" };
import { acl, houseOf } from "./house.ts";

const USUAL = { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true };

function verdict(state: DynsecState, action: Action, topic: string, username: string | null = "john"): string {
  return accessOf(state, { clientId: "cid", username }).check(action, topic).verdict;
}

/** John with these roles and groups, everything else refused. */
function johnWith(parts: {
  readonly roles: readonly object[];
  readonly has?: readonly object[];
  readonly groups?: readonly object[];
}): DynsecState {
  return houseOf({
    clients: [{ username: "john", roles: parts.has ?? [] }],
    groups: parts.groups ?? [],
    roles: parts.roles,
  }).state;
}

describe("the worked example of the brief", () => {
  test("is answered as by the real brokers", async () => {
    const { state, run } = houseOf({ defaultACLAccess: USUAL });
    await run(
      { command: "createRole", rolename: "role1" },
      { command: "addRoleACL", rolename: "role1", acltype: "publishClientSend", topic: "test", allow: true },
      { command: "addRoleACL", rolename: "role1", acltype: "publishClientReceive", topic: "test", allow: true },
      { command: "addRoleACL", rolename: "role1", acltype: "subscribeLiteral", topic: "test", allow: true },
      { command: "addRoleACL", rolename: "role1", acltype: "unsubscribeLiteral", topic: "test", allow: true },
      { command: "createRole", rolename: "role2" },
      { command: "addRoleACL", rolename: "role2", acltype: "subscribeLiteral", topic: "test", allow: false },
      { command: "createClient", username: "john", password: "secret1" },
      { command: "addClientRole", username: "john", rolename: "role1" },
      { command: "addClientRole", username: "john", rolename: "role2", priority: 5 },
    );
    const access = accessOf(state, { clientId: "cid", username: "john" });
    expect(access.check("subscribe", "test").verdict).toBe("deny");
    expect(access.check("publish", "test").verdict).toBe("allow");
    expect(access.check("publish", "other").verdict).toBe("ignore");
    expect(access.check("receive", "other").verdict).toBe("allow");
    // the third question, and without a restart: the same access answers otherwise
    await run(
      { command: "removeRoleACL", rolename: "role1", acltype: "publishClientSend", topic: "test" },
      { command: "addRoleACL", rolename: "role1", acltype: "publishClientSend", topic: "test", allow: false },
    );
    expect(access.check("publish", "test").verdict).toBe("deny");
  });
});

describe("the order of roles", () => {
  const role = (name: string, allow: boolean, priority = 0): object => {
    return { rolename: name, acls: [acl("publishClientSend t", { allow, priority })] };
  };

  test.each([
    [
      "of two of equal priority the name decides: a-deny",
      [role("a-deny", false), role("b-allow", true)],
      [{ rolename: "b-allow" }, { rolename: "a-deny" }],
      "deny",
    ],
    [
      "of two of equal priority the name decides: b-allow",
      [role("b-allow", true), role("c-deny", false)],
      [{ rolename: "c-deny" }, { rolename: "b-allow" }],
      "allow",
    ],
    [
      "names are compared by their bytes",
      [role("\u{1F600}", true), role("\uFF5A", false)],
      [{ rolename: "\u{1F600}" }, { rolename: "\uFF5A" }],
      "deny",
    ],
    [
      "the higher priority comes first",
      [role("a", true), role("b", false)],
      [{ rolename: "a" }, { rolename: "b", priority: 3 }],
      "deny",
    ],
    [
      "without one the priority is -1",
      [role("a", true), role("b", false)],
      [{ rolename: "a" }, { rolename: "b", priority: -2 }],
      "allow",
    ],
  ])("%s", (_, roles, has, expected) => {
    expect(verdict(johnWith({ roles, has }), "publish", "t")).toBe(expected);
  });

  test("a role of the client beats those of its groups, whatever the priorities", () => {
    const state = johnWith({
      roles: [role("own", true), role("theirs", false)],
      has: [{ rolename: "own", priority: -100 }],
      groups: [
        {
          groupname: "g",
          roles: [{ rolename: "theirs", priority: 1000 }],
          clients: [{ username: "john", priority: 9 }],
        },
      ],
    });
    expect(verdict(state, "publish", "t")).toBe("allow");
  });

  test("groups come by their priority for the client, and only then the priority of their roles counts", () => {
    const groups = (ga: number): readonly object[] => [
      { groupname: "ga", roles: [{ rolename: "yes", priority: -5 }], clients: [{ username: "john", priority: ga }] },
      { groupname: "gd", roles: [{ rolename: "no", priority: 1000 }], clients: [{ username: "john", priority: 1 }] },
    ];
    const roles = [role("yes", true), role("no", false)];
    expect(verdict(johnWith({ roles, groups: groups(2) }), "publish", "t")).toBe("allow");
    expect(verdict(johnWith({ roles, groups: groups(0) }), "publish", "t")).toBe("deny");
    // equal: by name
    expect(verdict(johnWith({ roles, groups: groups(1) }), "publish", "t")).toBe("allow");
  });
});

describe("the order within a role", () => {
  const john = (...acls: readonly object[]): DynsecState =>
    johnWith({ roles: [{ rolename: "r", acls }], has: [{ rolename: "r" }] });

  test.each([
    [
      "a broad yes of a higher priority beats a narrow no",
      [acl("publishClientSend a/#", { priority: 1 }), acl("publishClientSend a/b", { allow: false })],
      "publish",
      "a/b",
      "allow",
    ],
    [
      "of equal priority the first counts: no",
      [acl("publishClientSend a/b", { allow: false }), acl("publishClientSend a/#")],
      "publish",
      "a/b",
      "deny",
    ],
    [
      "of equal priority the first counts: yes",
      [acl("publishClientSend a/#"), acl("publishClientSend a/b", { allow: false })],
      "publish",
      "a/b",
      "allow",
    ],
    [
      "a literal beats a pattern, whatever the priorities",
      [acl("subscribeLiteral a/b", { allow: false, priority: -100 }), acl("subscribePattern a/#", { priority: 100 })],
      "subscribe",
      "a/b",
      "deny",
    ],
    [
      "the literals of UNSUBSCRIBE do so too",
      [
        acl("unsubscribeLiteral a/b", { allow: false, priority: -100 }),
        acl("unsubscribePattern a/#", { priority: 100 }),
      ],
      "unsubscribe",
      "a/b",
      "deny",
    ],
    ["a literal is letter for letter", [acl("subscribeLiteral a/+/b")], "subscribe", "a/+/b", "allow"],
    ["a literal with a wildcard covers nothing else", [acl("subscribeLiteral a/+/b")], "subscribe", "a/x/b", "ignore"],
    ["a pattern must cover the whole filter", [acl("subscribePattern a/+")], "subscribe", "a/#", "ignore"],
    [
      "a shared subscription is asked about as it was written: no",
      [acl("subscribePattern s/#"), acl("subscribePattern #")],
      "subscribe",
      "$share/g/s/1",
      "ignore",
    ],
    [
      "a shared subscription is asked about as it was written: yes",
      [acl("subscribePattern $share/g/s/#")],
      "subscribe",
      "$share/g/s/1",
      "allow",
    ],
    [
      "one kind says nothing about another",
      [acl("subscribePattern #"), acl("publishClientReceive #")],
      "publish",
      "a",
      "ignore",
    ],
    ["# does not open $SYS", [acl("publishClientReceive #")], "receive", "$SYS/x", "ignore"],
    ["nobody publishes to $SYS", [acl("publishClientSend $SYS/#")], "publish", "$SYS/x", "deny"],
    ["but a bridge its state", [acl("publishClientSend $SYS/#")], "publish", "$SYS/broker/connection/b/state", "allow"],
    ["nobody publishes to $share", [acl("publishClientSend $share/#")], "publish", "$share/x", "deny"],
    [
      "what is no filter matches nothing",
      [acl("publishClientSend a/#/b"), acl("publishClientSend b#")],
      "publish",
      "a/x",
      "ignore",
    ],
  ] as const)("%s", (_, acls, action, topic, expected) => {
    expect(verdict(john(...acls), action, topic)).toBe(expected);
  });
});

describe("allowwildcardsubs: false", () => {
  const strict = {
    rolename: "strict",
    allowwildcardsubs: false,
    acls: [acl("subscribePattern w/#"), acl("subscribeLiteral l/+")],
  };
  const open = { rolename: "open", acls: [acl("subscribePattern #"), acl("unsubscribePattern #")] };

  test("refuses every filter with a wildcard, even one that the role allows", () => {
    const state = johnWith({ roles: [strict], has: [{ rolename: "strict" }] });
    expect(verdict(state, "subscribe", "w/a")).toBe("allow");
    expect(verdict(state, "subscribe", "w/#")).toBe("deny");
    expect(verdict(state, "subscribe", "l/+")).toBe("deny");
    expect(verdict(state, "subscribe", "else/+")).toBe("deny");
    expect(verdict(state, "unsubscribe", "w/#")).toBe("deny");
    expect(verdict(state, "subscribe", "else")).toBe("ignore");
  });

  test("comes in its turn: a role before it may have allowed", () => {
    const roles = [strict, open];
    const first = johnWith({ roles, has: [{ rolename: "open", priority: 1 }, { rolename: "strict" }] });
    expect(verdict(first, "subscribe", "w/#")).toBe("allow");
    const second = johnWith({ roles, has: [{ rolename: "open" }, { rolename: "strict", priority: 1 }] });
    expect(verdict(second, "subscribe", "w/#")).toBe("deny");
  });
});

describe("the default access", () => {
  test.each([
    ["publish", "publishClientSend"],
    ["receive", "publishClientReceive"],
    ["subscribe", "subscribe"],
    ["unsubscribe", "unsubscribe"],
  ] as const)("decides about %s by %s where no role does, never about $CONTROL", (action, member) => {
    const clients = [{ username: "john" }];
    const open = houseOf({ clients, defaultACLAccess: { [member]: true } }).state;
    const shut = houseOf({ clients, defaultACLAccess: { ...USUAL, ...allTrue(), [member]: false } }).state;
    expect(verdict(open, action, "a")).toBe("allow");
    expect(verdict(open, action, "$CONTROL/dynamic-security/v1")).toBe("ignore");
    expect(verdict(shut, action, "a")).toBe("ignore");
  });

  test("of a file without one is no", () => {
    expect(verdict(houseOf({ clients: [{ username: "john" }] }).state, "receive", "a")).toBe("ignore");
  });

  test("says nothing about a user that dynamic security does not know", () => {
    expect(verdict(houseOf({ defaultACLAccess: allTrue() }).state, "receive", "a")).toBe("ignore");
  });
});

describe("clients without a user name", () => {
  const file = {
    groups: [{ groupname: "guests", roles: [{ rolename: "r" }] }],
    roles: [
      {
        rolename: "r",
        acls: [acl("publishClientSend open/#"), acl("publishClientSend %c/x"), acl("publishClientSend u/%u")],
      },
    ],
  };

  test("have the roles of the anonymous group", () => {
    const { state } = houseOf({ ...file, anonymousGroup: "guests" });
    expect(verdict(state, "publish", "open/1", null)).toBe("allow");
    expect(verdict(state, "publish", "cid/x", null)).toBe("allow");
    expect(verdict(state, "publish", "u/", null)).toBe("ignore");
    expect(verdict(state, "publish", "else", null)).toBe("ignore");
  });

  test("have the default access where there is no such group", () => {
    const { state } = houseOf({ ...file, defaultACLAccess: USUAL });
    expect(verdict(state, "publish", "open/1", null)).toBe("ignore");
    expect(verdict(state, "receive", "open/1", null)).toBe("allow");
  });
});

test("a disabled client may do nothing", () => {
  const { state } = houseOf({ clients: [{ username: "john", disabled: true }], defaultACLAccess: allTrue() });
  expect(accessOf(state, { clientId: "cid", username: "john" }).check("receive", "a")).toEqual({
    verdict: "deny",
    by: "dynsec",
    reason: {
      kind: "receive_denied",
      sentence: "the client john is disabled",
      hint: 'enable it with "enableClient"',
      where: { file: "dynamic-security.json" },
    },
  } satisfies Decision);
});

describe("an answer says who decided", () => {
  const { state } = houseOf({
    clients: [{ username: "john", roles: [{ rolename: "r" }, { rolename: "strict" }] }],
    roles: [
      { rolename: "r", acls: [acl("publishClientSend a/#"), acl("publishClientSend b", { allow: false })] },
      { rolename: "strict", allowwildcardsubs: false },
    ],
  });
  const where = { file: "dynamic-security.json" };

  test.each([
    ["publish", "a/1", { kind: "ok", sentence: 'the role r has "publishClientSend a/#", which allows it', where }],
    [
      "publish",
      "b",
      {
        kind: "publish_denied",
        sentence: 'the role r has "publishClientSend b", which denies it',
        hint: "change or remove that entry if it should be allowed",
        where,
      },
    ],
    [
      "publish",
      "c",
      {
        kind: "publish_denied",
        sentence: "no role says anything about it, and the default access does not allow it",
        hint: 'give john, or a group of it, a role with "publishClientSend c"',
        where,
      },
    ],
    [
      "unsubscribe",
      "x",
      {
        kind: "unsubscribe_denied",
        sentence: "no role says anything about it, and the default access does not allow it",
        hint: 'give john, or a group of it, a role with "unsubscribePattern x"',
        where,
      },
    ],
    [
      "subscribe",
      "x/#",
      {
        kind: "subscribe_denied",
        sentence: 'the role strict refuses filters with wildcards ("allowwildcardsubs" is false)',
        hint: 'name the topics one by one, or set "allowwildcardsubs" of that role',
        where,
      },
    ],
  ] as const)("%s %s", (action, topic, reason) => {
    expect(accessOf(state, { clientId: "cid", username: "john" }).check(action, topic).reason).toEqual(reason);
  });

  test("and who is not known", () => {
    expect(accessOf(state, { clientId: "cid", username: "eve" }).check("publish", "a/1")).toEqual({
      verdict: "ignore",
      by: "dynsec",
      reason: {
        kind: "publish_denied",
        sentence: "eve is not among the clients of dynamic security",
        hint: 'make it one with "createClient", and give it a role',
        where,
      },
    });
  });
});

describe("what is filled in", () => {
  const state = houseOf({
    clients: [
      { username: "john", variables: { room: "attic", path: "a/b" }, roles: [{ rolename: "own" }] },
      { username: "a/b", roles: [{ rolename: "own" }] },
      { username: "wild+", roles: [{ rolename: "own" }] },
      { username: "$SYS", roles: [{ rolename: "top" }] },
    ],
    groups: [
      {
        groupname: "cams",
        variables: { room: "hall", floor: "2" },
        clients: [{ username: "john" }],
        roles: [{ rolename: "group" }],
      },
      { groupname: "plugs", clients: [{ username: "john", priority: 2 }], variables: { floor: "3" } },
    ],
    roles: [
      {
        rolename: "own",
        acls: [
          acl("publishClientSend u/%u/#"),
          acl("publishClientSend c/%c"),
          acl("publishClientSend part/x%u"),
          acl("publishClientSend g/%g/x"),
          acl("publishClientSend v/%{room}/x"),
          acl("publishClientSend f/%{floor}/x"),
          acl("publishClientSend p/%{path}/x"),
          acl("publishClientSend none/%{nothing}/x"),
          acl("subscribeLiteral lit/%u"),
          acl("subscribePattern pat/%u/#"),
        ],
      },
      { rolename: "group", acls: [acl("publishClientSend only/%g"), acl("publishClientSend room/%{room}")] },
      { rolename: "top", acls: [acl("publishClientReceive %u/#")] },
    ],
  }).state;

  test.each([
    ["publish", "u/john/x", "john", "allow"],
    ["publish", "u/eve/x", "john", "ignore"],
    ["publish", "u/%u/x", "john", "ignore"],
    ["publish", "c/cid", "john", "allow"],
    ["publish", "part/xjohn", "john", "ignore"],
    ["publish", "part/x%u", "john", "allow"],
    // a value with a slash is two levels, which 2.1 never matches
    ["publish", "u/a/b/x", "a/b", "allow"],
    // a role of the client itself goes for each of its groups, one of a group for that group
    ["publish", "g/cams/x", "john", "allow"],
    ["publish", "g/plugs/x", "john", "allow"],
    ["publish", "g/else/x", "john", "ignore"],
    ["publish", "g//x", "a/b", "ignore"],
    ["publish", "only/cams", "john", "allow"],
    ["publish", "only/plugs", "john", "ignore"],
    // a client's own variable comes before that of a group, and its groups in their order
    ["publish", "v/attic/x", "john", "allow"],
    ["publish", "v/hall/x", "john", "ignore"],
    ["publish", "room/attic", "john", "allow"],
    ["publish", "f/3/x", "john", "allow"],
    ["publish", "f/2/x", "john", "ignore"],
    ["publish", "p/a/b/x", "john", "allow"],
    ["publish", "none//x", "john", "ignore"],
    // literals too, and the text itself as well
    ["subscribe", "lit/john", "john", "allow"],
    ["subscribe", "lit/%u", "john", "allow"],
    ["subscribe", "lit/eve", "john", "ignore"],
    ["subscribe", "pat/john/#", "john", "allow"],
    ["subscribe", "pat/+/#", "john", "ignore"],
    // a name is no wildcard, and opens no topic of the broker
    ["publish", "u/wild+/x", "wild+", "ignore"],
    ["receive", "$SYS/x", "$SYS", "ignore"],
  ] as const)("%s %s by %s: %s", (action, topic, username, expected) => {
    expect(verdict(state, action, topic, username)).toBe(expected);
  });

  test.each(["+", "#", "a+b", "/#"])("the client id %s fills no literal with a wildcard", (clientId) => {
    const { state: house } = houseOf({
      clients: [{ username: "john", roles: [{ rolename: "r" }] }],
      roles: [{ rolename: "r", acls: [acl("subscribeLiteral dev/%c"), acl("subscribePattern dev/%c/x")] }],
    });
    const access = accessOf(house, { clientId, username: "john" });
    expect(access.check("subscribe", `dev/${clientId}`).verdict).toBe("ignore");
    expect(access.check("subscribe", `dev/${clientId}/x`).verdict).toBe("ignore");
  });
});

/** Values with slashes are accepted here; a filter with "a+b" in it is none, so no client can ask for it. */
const OTHERWISE = new Set(["dev/%u/# dev/a/b/x", "dev/%c/# dev/a/b/x", "dev/%c/# dev/a+b/x"]);

describe.each([
  ["publish", "publishClientSend", topicVectors.vectors],
  ["subscribe", "subscribePattern", filterVectors.vectors],
  ["unsubscribe", "unsubscribePattern", filterVectors.vectors],
] as const)("Mosquitto 2.1.2 matches for %s", (action, type, vectors) => {
  test.each(vectors)("%s with %s by client %s, user %s: %s", (pattern, topic, clientId, username, result) => {
    const roles = [{ rolename: "r", acls: [acl(`${type} ${pattern}`)] }];
    const has = [{ rolename: "r" }];
    const { state } = houseOf({
      roles,
      clients: username === null ? [] : [{ username, roles: has }],
      groups: [{ groupname: "guests", roles: has }],
      anonymousGroup: "guests",
    });
    const { verdict: ours } = accessOf(state, { clientId: clientId ?? "", username: username ?? null }).check(
      action,
      topic ?? "",
    );
    const isSame = (ours === "allow") === (result === "match");
    // what begins with $SYS and $share is decided before any role is asked
    const isReserved = action === "publish" && /^\$(?:SYS|share)/.test(topic ?? "");
    expect(isReserved ? ours === "deny" : isSame).toBe(isReserved || !OTHERWISE.has(`${pattern} ${topic}`));
  });
});

describe("explain", () => {
  test("takes the same way as the answer, up to what decides", () => {
    const { state } = houseOf({
      clients: [{ username: "john", roles: [{ rolename: "a", priority: 5 }, { rolename: "b" }] }],
      roles: [
        { rolename: "a", acls: [acl("subscribeLiteral x/%u"), acl("subscribePattern y/%u/#", { allow: false })] },
        { rolename: "b", acls: [acl("subscribePattern x/#", { priority: 7 }), acl("subscribePattern #")] },
      ],
    });
    const access = accessOf(state, { clientId: "cid", username: "john" });
    const steps = access.explain("subscribe", "x/1").map(({ rule, matched, why }) => [rule.text, matched, why]);
    expect(steps).toEqual([
      [
        "role a: subscribeLiteral x/%u, allow, priority 0",
        false,
        "the filter x/%u, here x/john, is not the one asked for, letter for letter",
      ],
      [
        "role a: subscribePattern y/%u/#, deny, priority 0",
        false,
        "the filter y/%u/#, here y/john/#, does not cover it",
      ],
      ["role b: subscribePattern x/#, allow, priority 7", true, "the filter x/# matches"],
    ]);
    expect(access.explain("publish", "$CONTROL/x").map(({ rule, why }) => [rule.text, why])).toEqual([
      [
        "defaultACLAccess: publishClientSend deny",
        "no role decided, and the default access never opens topics that begin with $CONTROL",
      ],
    ]);
  });
});

function allTrue(): object {
  return { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true };
}
