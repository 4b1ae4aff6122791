import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMoment } from "../../src/cli/moment.ts";
import type { ExplainAnswer } from "../../src/core/api/access.ts";
import { absentIdentity, explainAnswer, explainRules, type Explained } from "../../src/snapshot/explain.ts";
import { listedRules } from "../../src/snapshot/listed-rules.ts";
import { createControl } from "../../src/dynsec/control.ts";
import type { Snapshot } from "../../src/snapshot/types.ts";
import { save } from "../helpers/culex.ts";
import { client, dynsecText, may } from "../helpers/dynsec.ts";
import { tempFolder } from "../helpers/temp.ts";

async function moment(files: Readonly<Record<string, string>>, lines = ""): Promise<Snapshot> {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) save(join(folder, name), text);
  const dynsec =
    "dynsec.json" in files
      ? `plugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file ${join(folder, "dynsec.json")}\n`
      : "";
  const acl = "acl" in files ? "acl_file acl\n" : "";
  const confFile = join(folder, "mosquitto.conf");
  save(confFile, `listener 1883\nallow_anonymous true\n${acl}${dynsec}${lines}`);
  const { snapshot } = await readMoment({ confFile, optionsFile: null, share: folder, ssl: folder, data: folder });
  return snapshot;
}

function ask(
  snapshot: Snapshot,
  username: string | null,
  action: "publish" | "subscribe" | "receive",
  topic: string,
): Explained {
  return explainRules(snapshot, {
    identity: absentIdentity({ username, clientId: "c1" }, snapshot, []),
    action,
    topic,
  });
}

function answer(...[snapshot, ...question]: Parameters<typeof ask>): ExplainAnswer {
  return explainAnswer(ask(snapshot, ...question));
}

const METER =
  "topic read house/#\n\nuser meter\ntopic write meters/#\ntopic deny meters/secret\n\nuser other\ntopic #\n";

describe("an ACL file of Mosquitto", () => {
  test("the answer names the rule that decides, those before it, and the line that would allow it", async () => {
    const snapshot = await moment({ acl: METER });
    expect(answer(snapshot, "meter", "publish", "lights/x")).toEqual({
      allowed: false,
      decidedBy: null,
      steps: [
        {
          source: "acl",
          rule: "topic deny meters/secret",
          matched: false,
          why: "the filter meters/secret does not match",
          where: { file: "acl", line: 5 },
        },
        {
          source: "acl",
          rule: "topic write meters/#",
          matched: false,
          why: "the filter meters/# does not match",
          where: { file: "acl", line: 4 },
        },
      ],
      sentence:
        'Denied: no rule of user meter matches; default is deny (acl). To change that: add "topic write lights/x" below "user meter".',
      suggestion: {
        add: "topic write lights/x",
        to: "acl",
        writable: false,
        diff: [
          { kind: "same", text: "user meter" },
          { kind: "same", text: "topic write meters/#" },
          { kind: "same", text: "topic deny meters/secret" },
          { kind: "added", text: "topic write lights/x" },
        ],
      },
    });
    const allowed = answer(snapshot, "meter", "publish", "meters/1");
    expect(allowed).toMatchObject({
      allowed: true,
      sentence: 'Allowed: the rule "topic write meters/#" (acl line 4) allows it.',
      decidedBy: { source: "acl", text: "topic write meters/#", where: { file: "acl", line: 4 } },
    });
    expect(allowed).not.toHaveProperty("suggestion");
  });

  test.each<[string, string | null, "publish" | "receive", string, string | null]>([
    ["a user without a section gets one", "new", "receive", "a b", "user new\ntopic read a b"],
    ["nobody's rules stand above all sections", null, "publish", "x", "topic write x"],
    ["a denial stands before what would be added", "meter", "publish", "meters/secret", null],
    ["what the broker keeps for itself cannot be opened", "meter", "publish", "$SYS/x", null],
    ["a topic that would be read as something else", "meter", "publish", " x", null],
    ["a name that would be read as something else", " meter", "publish", "x", null],
    ["a name with a line in it", "meter\ntopic #", "publish", "x", null],
  ])("%s", async (_what, username, action, topic, line) => {
    const { decision, proposal } = ask(await moment({ acl: METER }), username, action, topic);
    expect(decision.verdict).toBe("deny");
    expect(proposal?.suggestion.add ?? null).toBe(line);
    if (line === null) return;
    const more =
      username === null ? `${line}\n${METER}` : `${METER}${username === "new" ? "" : "user meter\n"}${line}\n`;
    expect(ask(await moment({ acl: more }), username, action, topic).decision.verdict).toBe("allow");
  });
});

test("a rule of EMQ goes before the one that denies", async () => {
  const rules = ['{allow, {user, "boss"}, all, all}.', '{deny, all, subscribe, ["home/#"]}.', "{deny, all}."];
  const snapshot = await moment({ acl: rules.join("\n") });
  const [subscribe, publish, hostile] = [
    answer(snapshot, "meter", "subscribe", "home/+").suggestion,
    answer(snapshot, null, "publish", "lights/x").suggestion,
    answer(snapshot, 'a"}, all}. %', "publish", "lights/x").suggestion,
  ];
  expect(subscribe?.diff).toEqual([
    { kind: "same", text: '{allow, {user, "boss"}, all, all}' },
    { kind: "added", text: '{allow, {user, "meter"}, subscribe, ["home/+"]}.' },
    { kind: "same", text: '{deny, all, subscribe, ["home/#"]}' },
  ]);
  expect(publish).toMatchObject({ add: '{allow, {client, "c1"}, publish, ["lights/x"]}.', writable: false });
  expect(hostile).toBeUndefined();
  const more = await moment({ acl: rules.toSpliced(1, 0, subscribe?.add ?? "").join("\n") });
  expect(ask(more, "meter", "subscribe", "home/+").decision.verdict).toBe("allow");
});

describe("dynamic security", () => {
  const file = dynsecText({
    clients: [
      client("meter", { roles: [{ rolename: "shared" }, { rolename: "own" }] }),
      client("plain", { roles: [{ rolename: "shared" }] }),
      client("off", { disabled: true }),
      client("shut", { roles: [{ rolename: "shut" }] }),
    ],
    roles: [
      { rolename: "shared", acls: [may("publishClientSend", "house/#")] },
      { rolename: "own", acls: [may("publishClientSend", "meters/#")] },
      { rolename: "plain", acls: [] },
      { rolename: "shut", acls: [{ ...may("publishClientSend", "lights/#"), allow: false }] },
    ],
  });

  test("the entry goes into the role that nobody else has", async () => {
    expect(answer(await moment({ "dynsec.json": file }), "meter", "publish", "lights/x").suggestion).toEqual({
      add: "publishClientSend lights/x",
      to: "role own",
      writable: true,
      diff: [
        { kind: "same", text: "publishClientSend meters/#, allow" },
        { kind: "added", text: "publishClientSend lights/x, allow" },
      ],
      role: {
        name: "own",
        isNew: false,
        entry: { type: "publishClientSend", topic: "lights/x", priority: -1, allow: true },
      },
    });
  });

  test.each<[string, "publish" | "subscribe", string, string | null]>([
    ["meter", "publish", "lights/x", "role own"],
    ["meter", "subscribe", "lights/+/#", "role own"],
    ["plain", "publish", "lights/x", "role plain-2"],
    ["plain", "subscribe", "#", "role plain-2"],
    ["plain", "publish", "$SYS/x", null],
    ["plain", "publish", "$CONTROL/dynamic-security/v1", null],
    ["plain", "publish", "a/%u", null],
    ["off", "publish", "lights/x", null],
    ["shut", "publish", "lights/x", null],
    ["nobody", "publish", "lights/x", null],
  ])("%s may %s %s once it is in %s", async (username, action, topic, to) => {
    const snapshot = await moment({ "dynsec.json": file });
    const { decision, proposal } = ask(snapshot, username, action, topic);
    expect(decision.verdict).toBe("deny");
    expect(proposal?.suggestion.to ?? null).toBe(to);
    if (proposal === null) return;
    const control = createControl({
      state: () => snapshot.dynsec?.state ?? null,
      save: async () => null,
      hash: async () => "",
      connected: () => [],
      brokeDown: (_, error) => expect.unreachable(String(error)),
    });
    const payload = Buffer.from(JSON.stringify({ commands: proposal.commands }));
    const { reply } = await control.request(payload, { clientId: "", username: null });
    expect(reply).not.toContain("error");
    expect(ask(snapshot, username, action, topic).decision.verdict).toBe("allow");
  });
});

test("a user of auth.yaml is asked about with what it has there, as if it had logged in", async () => {
  const users = `stages:
  - type: users
    id: house
    users:
      - { username: hose, password: "secret", permissions: [{ resource: "garden/#", operation: readWrite }] }
      - { username: free, password: "secret" }
`;
  const snapshot = await moment({ "auth.yaml": users });
  expect(answer(snapshot, "hose", "publish", "garden/water")).toMatchObject({
    allowed: true,
    sentence: "Allowed: the rule readWrite garden/# (the permissions of its user) allows it.",
  });
  expect(answer(snapshot, "hose", "publish", "lights/x")).toMatchObject({
    allowed: false,
    steps: [{ rule: "readWrite garden/#", matched: false, why: "the filter garden/# does not match it" }],
  });
  expect(answer(snapshot, "free", "publish", "lights/x").allowed).toBe(true);
});

test("rules are listed in the order in which they count, with what counts where none matches", async () => {
  const list = async (...input: Parameters<typeof moment>) =>
    listedRules(await moment(...input), ["homeassistant", "addons"]).map(
      ({ source, who, text, effect, where }) => `${source}:${where?.line ?? ""} ${who}: ${text} (${effect})`,
    );
  expect(await list({ acl: METER, other: "user x\ntopic deny a\n" }, "per_listener_settings false\n")).toEqual([
    "built-in: homeassistant and addons: every topic (allow)",
    "acl:1 clients without a user name: topic read house/# (allow)",
    "acl:4 user meter: topic write meters/# (allow)",
    "acl:5 user meter: topic deny meters/secret (deny)",
    "acl:8 user other: topic # (allow)",
    "default: everybody who is logged in: every topic that no rule above is about (deny)",
  ]);
  expect(await list({})).toEqual([
    "built-in: homeassistant and addons: every topic (allow)",
    "default: everybody who is logged in: every topic (allow)",
  ]);
  const roles = await list({ "dynsec.json": dynsecText({}) });
  expect(roles).toContain("dynsec.json: role admin: publishClientSend $CONTROL/#, allow (allow)");
  expect(roles).toContain("dynsec.json: everybody: defaultACLAccess: publishClientSend deny (deny)");
});
