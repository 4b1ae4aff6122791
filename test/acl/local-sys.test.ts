import { expect, test } from "vitest";
import { compilePolicy } from "../../src/acl/policy.ts";
import { isAllowed } from "../../src/core/reasons.ts";
import type { Action, Identity } from "../../src/core/types.ts";

const ORIGIN = { file: "options.json" };
const policy = compilePolicy({ rules: null, anonymous: { rights: "read", origin: ORIGIN }, isSysLocal: true });

function client(address: string | null, rest: Partial<Identity> = {}): Identity {
  const identity = { clientId: "c", username: "u", superuser: false, source: "test", proof: null, ...rest };
  return address === null ? identity : { ...identity, address };
}

const QUESTIONS: readonly (readonly [Action, string])[] = [
  ["subscribe", "$SYS/#"],
  ["subscribe", "$SYS/broker/uptime"],
  ["subscribe", "$share/g/$SYS/#"],
  ["receive", "$SYS/broker/uptime"],
  ["subscribe", "#"],
  ["subscribe", "+/#"],
  ["subscribe", "$share/g/#"],
];

test.each(["192.168.1.7", "::ffff:10.0.0.1", "fd00::1", null])(
  "%s gets parts, not the whole and not $SYS",
  (address) => {
    const access = policy.for(client(address));
    expect(QUESTIONS.filter(([action, topic]) => isAllowed(access.check(action, topic)))).toEqual([]);
    for (const [action, topic] of [
      ["subscribe", "home/#"],
      ["subscribe", "+/state"],
      ["receive", "home/lamp"],
      ["publish", "home/lamp"],
      ["unsubscribe", "#"],
    ] as const) {
      expect(isAllowed(access.check(action, topic))).toBe(true);
    }
  },
);

test.each(["127.0.0.1", "127.3.2.1", "::ffff:127.0.0.1", "::1"])("%s is this machine, and so gets all", (address) => {
  const access = policy.for(client(address));
  expect(QUESTIONS.filter(([action, topic]) => !isAllowed(access.check(action, topic)))).toEqual([]);
});

test("full access gets all from anywhere", () => {
  const access = policy.for(client("192.168.1.7", { superuser: true }));
  expect(QUESTIONS.filter(([action, topic]) => !isAllowed(access.check(action, topic)))).toEqual([]);
});

test("nobody may do more for being local", () => {
  const guest = policy.for(client("127.0.0.1", { username: null }));
  expect(isAllowed(guest.check("publish", "home/lamp"))).toBe(false);
  expect(isAllowed(policy.for(client("127.0.0.1")).check("publish", "$SYS/x"))).toBe(false);
});

test("the refusal names the switch, and explain shows the rule", () => {
  const access = policy.for(client("192.168.1.7"));
  expect(access.check("subscribe", "#").reason).toEqual({
    kind: "subscribe_denied",
    sentence: "the rule deny subscribe # (sys_local_only) denies it",
    hint: "subscribe on the machine of the broker, to a part of the topics, or switch sys_local_only off",
    where: { file: "sys_local_only" },
  });
  expect(access.explain("subscribe", "#").map(({ rule, matched }) => [rule.text, matched])).toEqual([
    ["deny subscribe $SYS/#", false],
    ["deny subscribe #", true],
  ]);
});

test("it counts only where there are no rules, and where it is asked for", () => {
  const remote = client("192.168.1.7");
  expect(isAllowed(compilePolicy({ rules: null, anonymous: null }).for(remote).check("subscribe", "#"))).toBe(true);
  const rules = compilePolicy({
    rules: [
      {
        effect: "allow",
        who: { kind: "user", name: "u" },
        actions: ["receive", "subscribe"],
        filter: "$SYS/#",
        placeholders: false,
        text: "topic read $SYS/#",
        origin: { file: "acl", line: 1 },
      },
    ],
    anonymous: null,
    isSysLocal: true,
  });
  expect(isAllowed(rules.for(remote).check("receive", "$SYS/x"))).toBe(true);
});
