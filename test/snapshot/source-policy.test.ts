import { describe, expect, test } from "vitest";
import { createTopicAnswers } from "../../src/auth/topic-answers.ts";
import { BackendError } from "../../src/core/errors.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Access, AccessRule, Identity } from "../../src/core/types.ts";
import type { LoadedAcl } from "../../src/snapshot/access-files.ts";
import { sourcePolicy } from "../../src/snapshot/source-policy.ts";

const ANN: Identity = { clientId: "plug-1", username: "ann", superuser: false, source: "db", proof: null, rules: null };

function rule(effect: "allow" | "deny", filter: string, file = "house"): AccessRule {
  return {
    effect,
    who: { kind: "everyone" },
    actions: ["publish", "subscribe", "receive"],
    filter,
    placeholders: false,
    text: `${effect} ${filter}`,
    origin: { file },
  };
}

const NO_FILE: LoadedAcl = { loaded: null, closed: null, problems: [] };
const file = (...rules: readonly AccessRule[]): LoadedAcl => ({
  loaded: { path: "/acl", value: { order: "mosquitto", rules }, loadedAtMs: 0 },
  closed: null,
  problems: [],
});
const BROKEN_FILE: LoadedAcl = { loaded: null, closed: [], problems: [] };
const HOUSE = { name: "house", authenticate: () => expect.fail("asked"), rights: async () => [] };
const ORDER = ["login", "dynamic-security", "files", "house"];

type Parts = Partial<Parameters<typeof sourcePolicy>[0]>;

const PLAIN = {
  names: ORDER,
  dynsec: null,
  acl: NO_FILE,
  anonymous: null,
  rights: [],
  broken: [],
  noMatch: null,
  isSysLocal: false,
};

function accessOf(identity: Partial<Identity>, parts: Parts = {}): Access {
  return sourcePolicy({ ...PLAIN, ...parts }).for({ ...ANN, ...identity });
}

const grants = (...rules: readonly AccessRule[]) => [{ source: "house", rules }];

describe("with an auth.yaml", () => {
  test("a client that no source of rules knows may do everything, as without one", () => {
    expect(accessOf({}).check("publish", "a").verdict).toBe("allow");
    expect(accessOf({ username: null }).check("publish", "a").verdict).toBe("deny");
    expect(accessOf({}, { noMatch: "deny" }).check("publish", "a").verdict).toBe("deny");
  });

  test("a stage that cannot be used and is named denies what sources before it leave open", () => {
    const broken = { broken: ["house"] };
    expect(accessOf({}, broken).check("publish", "a").verdict).toBe("deny");
    expect(accessOf({}, { ...broken, noMatch: "allow" }).check("publish", "a").verdict).toBe("deny");
    expect(accessOf({ rules: [rule("allow", "a")] }, broken).check("publish", "a").verdict).toBe("allow");
    expect(accessOf({}, { broken: ["other"] }).check("publish", "a").verdict).toBe("allow");
  });

  test("an empty list is a source: what it does not allow is denied", () => {
    expect(accessOf({ rules: [] }).check("publish", "a")).toMatchObject({
      verdict: "deny",
      reason: { sentence: "no rule allows it" },
    });
    expect(accessOf({ grants: grants() }, { rights: [HOUSE] }).check("publish", "a").verdict).toBe("deny");
  });

  test("the first source whose rule matches decides", () => {
    const identity = {
      rules: [rule("deny", "a/1", "token")],
      grants: grants(rule("allow", "a/#"), rule("allow", "b/#")),
    };
    const access = accessOf(identity, { rights: [HOUSE], acl: file(rule("deny", "b/1", "acl")) });
    expect(access.check("publish", "a/1")).toMatchObject({ verdict: "deny", reason: { where: { file: "token" } } });
    expect(access.check("publish", "a/2")).toMatchObject({ verdict: "allow", reason: { where: { file: "house" } } });
    expect(access.check("publish", "b/1")).toMatchObject({ verdict: "deny", reason: { where: { file: "acl" } } });
    expect(access.check("receive", "b/2").verdict).toBe("allow");
    expect(access.check("publish", "c").verdict).toBe("deny");
  });

  test("the owner's order counts, and what is not named does not", () => {
    const identity = { rules: [rule("deny", "a/1")], grants: grants(rule("allow", "a/#")) };
    const parts = { rights: [HOUSE], acl: file(rule("deny", "a/2")) };
    expect(accessOf(identity, { ...parts, names: ["house", "login"] }).check("publish", "a/1").verdict).toBe("allow");
    expect(accessOf(identity, { ...parts, names: ["house"] }).check("publish", "a/2").verdict).toBe("allow");
    expect(accessOf(identity, { ...parts, names: ["login"], rights: [] }).check("publish", "a/2").verdict).toBe("deny");
  });

  test("no_match: allow opens what no rule names, topics of the broker excepted", () => {
    const access = accessOf({ rules: [rule("deny", "secret/#")] }, { noMatch: "allow" });
    expect(access.check("publish", "a")).toMatchObject({
      verdict: "allow",
      reason: { sentence: "no rule matches, and what no rule names is allowed here (no_match)" },
    });
    expect(access.check("publish", "secret/a").verdict).toBe("deny");
    expect(access.check("publish", "$SYS/a").verdict).toBe("deny");
  });

  test("a file that cannot be read denies what sources before it leave open, whatever no_match says", () => {
    const access = accessOf({ rules: [rule("allow", "a/#")] }, { acl: BROKEN_FILE, noMatch: "allow" });
    expect(access.check("publish", "a/1").verdict).toBe("allow");
    expect(access.check("publish", "b").verdict).toBe("deny");
  });

  test("a stored session takes messages in until its client is back, and publishes nothing", () => {
    const stored: Partial<Identity>[] = [{ grants: [] }, { grants: [{ source: "other", rules: [] }] }];
    for (const identity of stored) {
      const access = accessOf(identity, { rights: [HOUSE] });
      expect(access.check("receive", "a").verdict).toBe("allow");
      expect(access.check("subscribe", "a").verdict).toBe("allow");
      expect(access.check("publish", "a")).toMatchObject({
        verdict: "deny",
        reason: { kind: "publish_denied", sentence: "its rules are not known until it logs in again" },
      });
    }
    const { rules: _, ...withoutRules } = ANN;
    expect(sourcePolicy(PLAIN).for(withoutRules).check("publish", "a").verdict).toBe("deny");
  });

  test("sys_local_only keeps $SYS to this machine where no source of rules knows the client", () => {
    const answers = ["192.0.2.7", "127.0.0.1"].map(
      (address) => accessOf({ address }, { isSysLocal: true }).check("subscribe", "$SYS/#").verdict,
    );
    expect(answers).toEqual(["deny", "allow"]);
  });

  test("a source that has to be asked about each topic denies what was not asked, and is not asked in vain", async () => {
    const { rights: _, ...plain } = HOUSE;
    const said: string[] = [];
    const answers = createTopicAnswers({
      source: "house",
      async ask(action, topic) {
        said.push(`${action} ${topic}`);
        if (topic === "silent") throw new BackendError("no answer");
        const reason = { kind: "publish_denied", sentence: "no" } as const;
        return topic === "no" ? deny("house", reason) : allow("house", undefined);
      },
      onError: "deny",
      acceptedMs: 60_000,
      refusedMs: 60_000,
      now: () => 0,
    });
    const asked = { ...plain, answers: () => answers };
    const access = accessOf({ rules: [rule("allow", "a/#")] }, { rights: [asked], noMatch: "allow" });
    expect(access.prepare?.("publish", "a/1")).toBe(null);
    expect(access.check("publish", "a/1").verdict).toBe("allow");
    expect(access.check("publish", "b")).toMatchObject({
      verdict: "deny",
      reason: { kind: "rules_unasked", sentence: "house has to be asked about it, and was not" },
    });
    for (const topic of ["b", "no", "silent", "b"]) await access.prepare?.("publish", topic);
    expect(access.check("publish", "b").verdict).toBe("allow");
    expect(access.check("publish", "no").verdict).toBe("deny");
    expect(access.check("publish", "silent")).toMatchObject({
      verdict: "deny",
      reason: { kind: "rules_unavailable", sentence: "house was asked whether it may, and did not answer" },
    });
    expect(access.check("publish", "$SYS/x")).toMatchObject({ verdict: "deny", by: "broker" });

    await access.prepare?.("subscribe", "$share/group/b/#");
    expect(access.check("subscribe", "$share/other/b/#").verdict).toBe("allow");
    expect(access.check("receive", "b/1").verdict).toBe("allow");
    expect(access.check("unsubscribe", "c").verdict).toBe("allow");
    expect(said).toEqual(["publish b", "publish no", "publish silent", "subscribe b/#"]);
  });

  test("a command that asks nobody does not say yes for a source that it would have to ask", () => {
    expect(accessOf({}, { rights: [HOUSE] }).check("publish", "a")).toMatchObject({
      verdict: "deny",
      reason: { sentence: "house has to be asked about it, and was not" },
    });
    expect(accessOf({}, { rights: [HOUSE], acl: file(rule("allow", "a")) }).check("publish", "a").verdict).toBe(
      "allow",
    );
  });

  test("a superuser passes every rule", () => {
    const access = accessOf({ superuser: true, rules: [rule("deny", "#")] }, { rights: [HOUSE] });
    expect(access.check("publish", "a").verdict).toBe("allow");
    expect(access.check("publish", "$SYS/a").verdict).toBe("deny");
  });
});
