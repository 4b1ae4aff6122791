import { expect, test } from "vitest";
import { readReplyRules } from "../../src/auth/reply-rules.ts";

const READING = {
  file: "the answer",
  attributes: { room: "attic", wild: "a/#", empty: "" },
  unlisted: "deny",
} as const;
const base = { who: { kind: "everyone" }, placeholders: true, origin: { file: "the answer" } };
const LAST = {
  ...base,
  effect: "deny",
  actions: ["publish", "subscribe", "receive"],
  filter: "#",
  placeholders: false,
  match: "any",
  text: "deny all that is not listed",
};

test("reads a list in its order, and denies what it does not name", () => {
  const acl = [
    { permission: "deny", action: "sub", topics: ["eq #", "$SYS/#"] },
    { permission: "allow", action: "all", topic: "dt/${username}/+/VCUA/#", qos: [0, 1, 2], retain: "all" },
    { permission: "allow", action: "publish", topic: "rooms/${client_attrs.room}/set" },
  ];
  const rules = [
    { ...base, effect: "deny", actions: ["subscribe", "receive"], filter: "#", match: "exact", text: "deny sub eq #" },
    { ...base, effect: "deny", actions: ["subscribe", "receive"], filter: "$SYS/#", text: "deny sub $SYS/#" },
    {
      ...base,
      effect: "allow",
      actions: ["publish", "subscribe", "receive"],
      filter: "dt/${username}/+/VCUA/#",
      text: "allow all dt/${username}/+/VCUA/#",
    },
    {
      ...base,
      effect: "allow",
      actions: ["publish"],
      filter: "rooms/attic/set",
      text: "allow publish rooms/${client_attrs.room}/set",
    },
  ];
  expect(readReplyRules(acl, READING)).toEqual({ rules: [...rules, LAST] });
  expect(readReplyRules(acl, { ...READING, unlisted: "next" })).toEqual({ rules });
});

test("reads the older form, which lists all that is allowed", () => {
  expect(readReplyRules({ pub: ["a/b"], sub: [], all: ["c"] }, { ...READING, unlisted: "next" })).toEqual({
    rules: [
      { ...base, effect: "allow", actions: ["publish"], filter: "a/b", text: "allow pub a/b" },
      { ...base, effect: "allow", actions: ["publish", "subscribe", "receive"], filter: "c", text: "allow all c" },
      LAST,
    ],
  });
});

test("an empty list allows nothing", () => {
  expect(readReplyRules([], READING)).toEqual({ rules: [LAST] });
});

const entry = { permission: "allow", action: "all", topic: "a" };

test.each<[unknown, string]>([
  ["a/#", "acl is neither a list nor an object"],
  [["a/#"], "entry 1 of acl: it is no object"],
  [[entry, { ...entry, permission: "Allow" }], 'entry 2 of acl: permission is "Allow", not allow or deny'],
  [[{ action: "all", topic: "a" }], "entry 1 of acl: permission is missing, not allow or deny"],
  [[{ ...entry, action: "write" }], 'entry 1 of acl: action is "write", not publish, subscribe or all'],
  [
    [{ ...entry, topic: "a/#/b" }],
    'entry 1 of acl: "a/#/b" is no topic filter: "#" must be the last level and stand alone in it',
  ],
  [[{ ...entry, topic: 7 }], "entry 1 of acl: a topic is 7, not a text"],
  [[{ permission: "allow", action: "all" }], "entry 1 of acl: its topics are missing, not a list"],
  [[{ permission: "allow", action: "all", topics: "a" }], 'entry 1 of acl: its topics are "a", not a list'],
  [[{ ...entry, ipaddr: "10.0.0.0/8" }], 'entry 1 of acl: it has "ipaddr", which is not carried out here'],
  [[{ ...entry, topics: ["a"], topic: "b" }], "entry 1 of acl: it has both topic and topics"],
  [[{ ...entry, qos: 1 }], "entry 1 of acl: it is for some QoS only, which rules here are not"],
  [[{ ...entry, qos: [0] }], "entry 1 of acl: it is for some QoS only, which rules here are not"],
  [[{ ...entry, retain: false }], "entry 1 of acl: it is for some retain flags only, which rules here are not"],
  ...["wild", "empty", "nothing", "constructor"].map((name): [unknown, string] => [
    [{ ...entry, topic: `x/\${client_attrs.${name}}` }],
    `entry 1 of acl: the topic "x/\${client_attrs.${name}}" names an attribute that cannot stand in a topic`,
  ]),
  [{ pub: "a" }, 'pub of acl: its topics are "a", not a list'],
  [{ write: ["a"] }, '"write" of acl is none of pub, sub and all'],
])("%j spoils the whole", (acl, fault) => {
  expect(readReplyRules(acl, READING)).toEqual({ fault });
});
