import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/acl/policy.ts";
import type { Access, Action, Decision, Identity, Reason } from "../../src/core/types.ts";
import { accessOf, identity, rulesOf } from "./access-of.ts";

const FILE = "accesscontrollist";

/** The file that was put before Mosquitto 2.0.11 and 2.1.2; the tables below are what they answered. */
const RECORDED = `topic read pub/#
topic anonrw
topic deny pub/hidden
topic read $SYS/#
user alice
topic readwrite home/#
topic deny home/secret
topic write only/write
topic read only/read
topic read topic with spaces/+
topic bare/topic
topic readwrite $foo/#
user bob
topic read #
topic deny nope/#
pattern readwrite dev/%u/#
pattern read cid/%c/in
pattern write mix/x%u/out
pattern deny dev/%u/private
user alice
topic write late/add
`;

function verdicts(access: Access, action: Action, topics: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(topics.map((topic) => [topic, access.check(action, topic).verdict]));
}

function all(topics: readonly string[], verdict: "allow" | "deny"): Readonly<Record<string, string>> {
  return Object.fromEntries(topics.map((topic) => [topic, verdict]));
}

describe("the recorded ACL file", () => {
  const write: readonly (readonly [
    who: string,
    client: Partial<Identity>,
    yes: readonly string[],
    no: readonly string[],
  ])[] = [
    [
      "alice",
      { username: "alice", clientId: "cc" },
      ["home/x", "only/write", "bare/topic", "late/add", "dev/alice/a", "$foo/x"],
      [
        "home/secret",
        "only/read",
        "topic with spaces/a",
        "other",
        "dev/alice/private",
        "dev/bob/a",
        "cid/cc/in",
        "$SYS/x",
        "$SYS/broker/connection/b/state",
        "mix/xalice/out",
      ],
    ],
    ["bob", { username: "bob" }, ["dev/bob/z", "mix/x%u/out"], ["anything", "$foo/x", "dev/alice/z"]],
    ["an anonymous client", {}, ["anonrw"], ["pub/x", "dev//x", "pub/hidden", "home/x"]],
    ["carol, who has no section", { username: "carol space" }, ["dev/carol space/a"], ["home/x", "anonrw"]],
    ["alice with client id a+b", { username: "alice", clientId: "a+b" }, ["home/x"], ["dev/alice/q", "home/secret"]],
    ["alice with client id a/b", { username: "alice", clientId: "a/b" }, ["home/x", "dev/alice/q"], ["dev/b/q"]],
    ["alice with client id a#", { username: "alice", clientId: "a#" }, ["home/x"], ["dev/alice/q"]],
    ["user e+v", { username: "e+v" }, [], ["home/x", "dev/e+v/x", "anonrw", "mix/x%u/out"]],
    // Mosquitto 2.0.11 allowed it; 2.1.2 lost it
    [
      "a user name of two levels",
      { username: "dan/x" },
      ["dev/dan/x/a"],
      ["dev/dan/y/a", "dev/dan/x/private", "dev/dan"],
    ],
  ];

  it.each(write)("lets %s publish as Mosquitto does", (_who, client, yes, no) => {
    const access = accessOf(RECORDED, client);
    expect(verdicts(access, "publish", [...yes, ...no])).toEqual({ ...all(yes, "allow"), ...all(no, "deny") });
  });

  const read: typeof write = [
    [
      "alice",
      { username: "alice", clientId: "cc" },
      ["home/x", "only/read", "topic with spaces/a", "bare/topic", "$foo/x", "dev/alice/a", "cid/cc/in"],
      ["home/secret", "only/write", "late/add", "$SYS/broker/version", "dev/alice/private", "cid/other/in", "pub/x"],
    ],
    [
      "bob",
      { username: "bob" },
      ["home/x", "dev/bob/private", "late/add"],
      ["nope/x", "nope", "$SYS/broker/version", "$foo/x"],
    ],
    [
      "an anonymous client",
      {},
      ["$SYS/broker/version", "pub/x", "pub", "anonrw", "cid/cid/in"],
      ["pub/hidden", "home/x", "dev//x"],
    ],
    ["user e+v", { username: "e+v" }, [], ["home/x", "dev/e+v/x", "pub/x"]],
  ];

  it.each(read)("delivers to %s as Mosquitto does", (_who, client, yes, no) => {
    const access = accessOf(RECORDED, client);
    expect(verdicts(access, "receive", [...yes, ...no])).toEqual({ ...all(yes, "allow"), ...all(no, "deny") });
  });

  it.each(["#", "$SYS/#", "nope/#", "home/secret", "$share/g/home/#"])(
    "refuses nobody the subscription %s",
    (filter) => {
      for (const username of ["alice", "bob", "carol", "e+v", null]) {
        expect(accessOf(RECORDED, { username }).check("subscribe", filter).verdict).toBe("allow");
      }
    },
  );
});

describe("the order of rules", () => {
  const alice = { username: "alice" };

  it.each([
    ["a denial beats an allowance before it", "user alice\ntopic a/#\ntopic deny a/b", "a/b", "deny"],
    ["a denial beats an allowance after it", "user alice\ntopic deny a/b\ntopic a/#", "a/b", "deny"],
    [
      "a denial beats an allowance in a later section",
      "user alice\ntopic a\nuser bob\ntopic b\nuser alice\ntopic deny a",
      "a",
      "deny",
    ],
    ["an allowance for the other action is passed over", "user alice\ntopic read a/#\ntopic write a/b", "a/b", "allow"],
    ["an own allowance beats a pattern's denial", "user alice\ntopic a\npattern deny a", "a", "allow"],
    ["an own denial beats a pattern's allowance", "user alice\ntopic deny a\npattern a", "a", "deny"],
    ["a pattern's denial beats a pattern's allowance", "pattern a/%u\npattern deny a/alice", "a/alice", "deny"],
    ["a pattern counts where the own rules are silent", "user alice\ntopic b\npattern a", "a", "allow"],
    ["a pattern counts for a user without rules", "user bob\ntopic b\npattern a", "a", "allow"],
    ["anonymous rules are not for users", "topic a\nuser alice\ntopic b", "a", "deny"],
    ["rules of others are not for this user", "user bob\ntopic a", "a", "deny"],
    ["names differ by case", "user Alice\ntopic a", "a", "deny"],
    ["a denial of the other topic is nothing", "user alice\ntopic deny a/b\ntopic a/#", "a/c", "allow"],
  ])("%s", (_rule, text, topic, verdict) => {
    expect(accessOf(text, alice).check("publish", topic).verdict).toBe(verdict);
  });

  it("skips a pattern with %u for a client without a user name, also when it denies", () => {
    const access = accessOf("pattern a/#\npattern deny a/%u");
    expect(verdicts(access, "publish", ["a/", "a/x", "a/%u"])).toEqual(all(["a/", "a/x", "a/%u"], "allow"));
  });

  it("keeps every pattern from a dangerous name, also one without a placeholder", () => {
    const text = "pattern a\nuser alice\ntopic b";
    expect(accessOf(text, { username: "e#" }).check("publish", "a").verdict).toBe("deny");
    expect(accessOf(text, { username: "alice", clientId: "+" }).check("publish", "a").verdict).toBe("deny");
    expect(accessOf(text, { username: "alice", clientId: "+" }).check("publish", "b").verdict).toBe("allow");
  });

  it("gives a dangerous name its own rules", () => {
    expect(accessOf("user e+v\ntopic a", { username: "e+v" }).check("publish", "a").verdict).toBe("allow");
  });
});

describe("topics that begin with $", () => {
  it.each(["#", "+/x", "+/#", "+"])("are not covered by %s", (filter) => {
    const access = accessOf(`user alice\ntopic ${filter}\npattern ${filter}`, { username: "alice" });
    expect(verdicts(access, "receive", ["$SYS/x", "$foo/x", "$foo"])).toEqual(
      all(["$SYS/x", "$foo/x", "$foo"], "deny"),
    );
  });

  it("are not opened by a name that begins with $", () => {
    const access = accessOf("pattern %u/#\npattern %c/#", { username: "$SYS", clientId: "$foo" });
    expect(access.check("receive", "$SYS/broker/uptime").verdict).toBe("deny");
    expect(access.check("publish", "$foo/x").verdict).toBe("deny");
  });

  const clients: readonly (readonly [who: string, access: Access])[] = [
    ["a superuser", accessOf("", { username: "homeassistant", superuser: true })],
    ["a user with a rule for it", accessOf("user alice\ntopic $SYS/#\ntopic $share/#", { username: "alice" })],
    ["a user without an ACL file", open(null, { username: "alice" })],
    ["an anonymous client with all rights", open({ rights: "all", origin: { file: "options.json" } })],
  ];

  it.each(clients)("are the broker's when they begin with $SYS, even for %s", (_who, access) => {
    const expected: Decision = {
      verdict: "deny",
      by: "broker",
      reason: {
        kind: "publish_denied",
        sentence: "topics that begin with $SYS are written by the broker only",
        hint: "publish to a topic that does not begin with $SYS",
      },
    };
    for (const topic of [
      "$SYS",
      "$SYS/x",
      "$SYSTEM",
      "$SYS/broker/connection/state",
      "$SYS/broker/connection/a/b/state",
      "$SYS/broker/connection//state/x",
      "$SYS/broker/connection/a/State",
      "$SYS/broker/connection//state",
    ]) {
      expect(access.check("publish", topic)).toEqual(expected);
    }
  });

  it.each(clients)("hold the state of a bridge, which %s may publish", (_who, access) => {
    expect(access.check("publish", "$SYS/broker/connection/cloud 1/state").verdict).toBe("allow");
  });

  it("need a rule for the state of a bridge", () => {
    const topic = "$SYS/broker/connection/cloud/state";
    expect(accessOf("user alice\ntopic #", { username: "alice" }).check("publish", topic).verdict).toBe("deny");
  });

  it.each(clients)("are no topics when they begin with $share, even for %s", (_who, access) => {
    const sentence = "topics that begin with $share are reserved for shared subscriptions";
    expect(access.check("publish", "$share/g/a").reason).toEqual({
      kind: "publish_denied",
      sentence,
      hint: "publish to the topic behind the group name",
    });
    expect(access.check("receive", "$share/g/a").reason).toEqual({ kind: "receive_denied", sentence });
    expect(access.check("subscribe", "$share/g/a").verdict).toBe("allow");
  });

  it.each(clients)("may be read below $SYS by %s", (_who, access) => {
    expect(access.check("receive", "$SYS/broker/uptime").verdict).toBe("allow");
  });
});

describe("without an ACL file", () => {
  const everything: readonly Action[] = ["publish", "subscribe", "receive"];

  it("a logged-in user may do everything, whatever anonymous clients may", () => {
    for (const anonymous of [null, { rights: "read", origin: { file: "options.json" } }] as const) {
      const access = open(anonymous, { username: "alice" });
      for (const action of everything) {
        expect(access.check(action, "any/topic")).toEqual({
          verdict: "allow",
          by: "login",
          value: undefined,
          reason: { kind: "ok", sentence: "no ACL file is in use, so every logged-in user may use every topic" },
        });
      }
    }
  });

  it("a user with an empty name has still logged in", () => {
    expect(open(null, { username: "" }).check("publish", "a").verdict).toBe("allow");
  });

  it("anonymous clients with all rights may do everything", () => {
    const origin = { file: "test.conf", line: 3 };
    for (const action of everything) {
      expect(open({ rights: "all", origin }).check(action, "a")).toEqual({
        verdict: "allow",
        by: "anonymous",
        value: undefined,
        reason: {
          kind: "ok",
          sentence: "clients without a user name may use every topic (test.conf line 3)",
          where: origin,
        },
      });
    }
  });

  it("anonymous clients with the right to read are told why they may not publish", () => {
    const origin = { file: "options.json" };
    const access = open({ rights: "read", origin });
    expect(access.check("publish", "a")).toEqual({
      verdict: "deny",
      by: "anonymous",
      reason: {
        kind: "publish_denied",
        sentence: 'the option "anonymous" (options.json) lets clients without a user name read, not publish',
        hint: "set a user name and password in the device, or write an ACL file: it replaces this option",
        where: origin,
      },
    });
    for (const action of ["subscribe", "receive"] as const) {
      expect(access.check(action, "a").reason).toEqual({
        kind: "ok",
        sentence: 'the option "anonymous" (options.json) lets clients without a user name read every topic',
        where: origin,
      });
    }
  });

  it.each([
    ["publish", "publish_denied"],
    ["subscribe", "subscribe_denied"],
    ["receive", "receive_denied"],
  ] as const)("an anonymous client that should not be here may not %s", (action, kind) => {
    expect(open(null).check(action, "a")).toEqual({
      verdict: "deny",
      by: "anonymous",
      reason: {
        kind,
        sentence: "clients without a user name have no access",
        hint: "set a user name and password in the device, or allow anonymous access",
      },
    });
  });

  it("there is no rule to explain", () => {
    expect(open(null, { username: "alice" }).explain("publish", "a")).toEqual([]);
  });
});

describe("with an ACL file", () => {
  it("the rights of anonymous clients come from the file alone", () => {
    const policy = compilePolicy({
      rules: rulesOf("topic read a"),
      anonymous: { rights: "all", origin: { file: "options.json" } },
    });
    expect(policy.for(identity()).check("publish", "a").verdict).toBe("deny");
    expect(policy.for(identity()).check("receive", "a").verdict).toBe("allow");
  });

  it("a superuser passes every rule", () => {
    const access = accessOf("user homeassistant\ntopic deny #\npattern deny #", {
      username: "homeassistant",
      clientId: "a+b",
      superuser: true,
    });
    for (const action of ["publish", "subscribe", "receive"] as const) {
      expect(access.check(action, "any/topic")).toEqual({
        verdict: "allow",
        by: "superuser",
        value: undefined,
        reason: { kind: "ok", sentence: "this user has full access" },
      });
    }
    expect(access.explain("publish", "any/topic")).toEqual([]);
  });

  it("without rules nobody may use a topic, and everybody may subscribe", () => {
    const closed = compilePolicy({ rules: [], anonymous: { rights: "all", origin: { file: "options.json" } } });
    for (const username of ["alice", null]) {
      const access = closed.for(identity({ username }));
      const reason: Omit<Reason, "kind"> = {
        sentence: "the ACL file has no rules in use, so no topic is allowed",
        hint: 'correct the ACL file ("culex check" names its faults), or remove it to allow every topic to every user',
      };
      expect(access.check("publish", "a").reason).toEqual({ kind: "publish_denied", ...reason });
      expect(access.check("receive", "a").reason).toEqual({ kind: "receive_denied", ...reason });
      expect(access.check("subscribe", "#").verdict).toBe("allow");
    }
    expect(closed.for(identity({ superuser: true })).check("publish", "a").verdict).toBe("allow");
  });
});

describe("the reason of an answer", () => {
  const text = "topic read pub\nuser meter\ntopic write meters/#\ntopic\tdeny  home/secret\nuser idle\npattern read a";
  const meter = accessOf(text, { username: "meter" });

  it("names the rule that allows", () => {
    expect(meter.check("publish", "meters/1")).toEqual({
      verdict: "allow",
      by: "acl",
      value: undefined,
      reason: {
        kind: "ok",
        sentence: `the rule "topic write meters/#" (${FILE} line 3) allows it`,
        where: { file: FILE, line: 3 },
      },
    });
  });

  it.each([
    ["publish", "publish_denied"],
    ["receive", "receive_denied"],
  ] as const)("names the rule that denies a %s", (action, kind) => {
    expect(meter.check(action, "home/secret")).toEqual({
      verdict: "deny",
      by: "acl",
      reason: {
        kind,
        sentence: `the rule "topic deny home/secret" (${FILE} line 4) denies it`,
        hint: "change or remove that line if it should be allowed",
        where: { file: FILE, line: 4 },
      },
    });
  });

  const OF = new Map([
    ["nobody", "clients without a user name"],
    ["an empty name", "an empty user name"],
  ]);
  it.each<[string, Partial<Identity>, Action, string, string]>([
    ["meter", { username: "meter" }, "publish", "lights/x", 'add "topic write lights/x" below "user meter"'],
    ["meter", { username: "meter" }, "receive", "meters/1", 'add "topic read meters/1" below "user meter"'],
    ["new", { username: "new" }, "publish", "a b", 'add "user new" and below it "topic write a b"'],
    ["nobody", {}, "publish", "pub", 'add "topic write pub" above the first "user" line'],
    [
      "an empty name",
      { username: "" },
      "publish",
      "pub",
      "give the device a user name: an ACL file has no rules for an empty one",
    ],
  ])("names the line that %s lacks", (who, client, action, topic, hint) => {
    const kind = action === "publish" ? "publish_denied" : "receive_denied";
    expect(accessOf(text, client).check(action, topic)).toEqual({
      verdict: "deny",
      by: "acl",
      reason: {
        kind,
        sentence: `no rule of ${OF.get(who) ?? `user ${who}`} matches; default is deny (${FILE})`,
        hint,
        where: { file: FILE },
      },
    });
  });

  it("names a dangerous name", () => {
    const access = accessOf(text, { username: "meter", clientId: "a+b" });
    expect(access.check("receive", "a").reason.sentence).toBe(
      `no rule of its own in ${FILE} allows it, and the client id a+b contains "+" or "#", so no pattern counts for it`,
    );
    expect(
      accessOf("user meter\ntopic b", { username: "meter", clientId: "a+b" }).check("receive", "a").reason.sentence,
    ).toBe(`no rule of user meter matches; default is deny (${FILE})`);
  });

  it("says that a subscription is always accepted", () => {
    expect(meter.check("subscribe", "#").reason).toEqual({
      kind: "ok",
      sentence: "every subscription is accepted; each message is checked when it is delivered",
    });
  });
});

describe("hostile names", () => {
  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"])(
    "%s is a topic and a user like any other",
    (name) => {
      const none = accessOf("user alice\ntopic a", { username: name, clientId: name });
      expect(none.check("publish", name).verdict).toBe("deny");
      expect(none.check("publish", name).verdict).toBe("deny");
      const own = accessOf(`user ${name}\ntopic ${name}\npattern p/%u`, { username: name, clientId: name });
      expect(own.check("publish", name).verdict).toBe("allow");
      expect(own.check("publish", `p/${name}`).verdict).toBe("allow");
      expect(own.check("publish", "a").verdict).toBe("deny");
    },
  );

  it("answers a denial that is asked for again and again without composing it", () => {
    const access = accessOf("user alice\ntopic write a", { username: "alice" });
    const first = access.check("receive", "b");
    expect(access.check("receive", "b")).toBe(first);
    expect(first.reason.hint).toBe('add "topic read b" below "user alice"');
  });

  it("keeps its answers when a client invents thousands of topics, short and long", () => {
    const access = accessOf("user alice\ntopic write a/+\ntopic deny a/7", { username: "alice" });
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 2_500; n++) {
        expect(access.check("publish", `a/${n}`).verdict).toBe(n === 7 ? "deny" : "allow");
        expect(access.check("receive", `a/${n}`).verdict).toBe("deny");
      }
      expect(access.check("publish", `a/${"x".repeat(60_000)}`).verdict).toBe("allow");
      expect(access.check("publish", `b/${"x".repeat(60_000)}`).verdict).toBe("deny");
    }
  });
});

function open(anonymous: Parameters<typeof compilePolicy>[0]["anonymous"], client: Partial<Identity> = {}): Access {
  return compilePolicy({ rules: null, anonymous }).for(identity(client));
}
