import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/core/types.ts";
import { COMMANDS } from "../../src/dynsec/commands/table.ts";
import { isRawObject } from "../../src/core/raw-object.ts";
import { createControl } from "../../src/dynsec/control.ts";
import { emptyState } from "../../src/dynsec/entries.ts";
import { formatDynsec } from "../../src/dynsec/format-file.ts";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import type { Control, ControlDeps } from "../../src/dynsec/types.ts";
import { ADMIN, HASH, openHouse, responsesOf } from "./house.ts";

const UNWRITABLE: Problem = {
  severity: "error",
  what: "dynamic-security.json cannot be written (EROFS).",
  now: "Changes by commands count until the next restart only.",
  fix: "Give the broker the right to write in that folder, and look whether the disk is full.",
};

function controlWith(deps: Partial<ControlDeps> = {}): Control {
  const state = emptyState("dynamic-security.json");
  return createControl({
    state: () => state,
    save: () => Promise.resolve(null),
    hash: () => Promise.resolve(HASH),
    connected: () => [],
    brokeDown: (_, error) => expect.unreachable(String(error)),
    ...deps,
  });
}

async function replies(control: Control, ...commands: readonly object[]): Promise<readonly unknown[]> {
  return responsesOf((await control.request(Buffer.from(JSON.stringify({ commands })), ADMIN)).reply);
}

describe("a request", () => {
  test.each([
    ["too large", " ".repeat(2_000_001), "Payload larger than 2000000 bytes"],
    ["too deep", "[".repeat(33), "Payload nested deeper than 32 levels"],
    ["no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "Payload not valid JSON"],
    ["no object", "5", "Invalid/missing commands"],
  ])("that is %s is one error", async (_, payload, error) => {
    const { reply, effects } = await controlWith().request(Buffer.from(payload), ADMIN);
    expect(JSON.parse(reply)).toEqual({ responses: [{ command: "Unknown command", error }] });
    expect(effects.users.size).toBe(0);
  });

  test("is answered up to a size: the questions behind it are to be asked again", async () => {
    const house = openHouse(
      JSON.stringify({
        roles: [{ rolename: "wide", textdescription: "x".repeat(100_000), acls: [] }],
        clients: [],
        groups: [],
      }),
    );
    const commands = Array.from({ length: 200 }, () => ({ command: "getRole", rolename: "wide" }));
    const answers = await replies(house.control, ...commands, { command: "createRole", rolename: "new" });
    const errors = answers.map((answer) => (isRawObject(answer) ? answer["error"] : "no answer"));
    const tooMany = "Reply too large, ask again in another request";
    expect([errors.indexOf(tooMany), errors.lastIndexOf(tooMany)]).toEqual([84, 199]);
    expect(errors.at(-1)).toBeUndefined();
    expect(house.state.roles.get("new")).toBeDefined();
  });

  test("may hold brackets in its texts", async () => {
    const [answer] = await replies(controlWith(), { command: "createRole", rolename: `"${"[{".repeat(40)}\\` });
    expect(answer).toEqual({ command: "createRole" });
  });

  test.each([
    [{ command: "createClient", username: "a\u0000b" }, "Username not valid UTF-8"],
    [{ command: "createClient", username: "\uD800" }, "Username not valid UTF-8"],
    [{ command: "createClient", username: "x".repeat(65_536) }, "Username not valid UTF-8"],
    [{ command: "createGroup", groupname: "\u0007" }, "Group name not valid UTF-8"],
    [{ command: "createRole", rolename: "\uFFFF" }, "Role name not valid UTF-8"],
    [{ command: "createClient", username: "c", clientid: "\u0001" }, "Client ID not valid UTF-8"],
    [{ command: "addRoleACL", rolename: "r", acltype: "publishClientSend", topic: "a\u0002" }, "Topic not valid UTF-8"],
    [{ command: "createClient", username: "c", password: "a\u0000b" }, "Invalid/missing password"],
    [
      { command: "createRole", rolename: "x", acls: [{ acltype: "publishClientSend", topic: "a/#/b" }] },
      "Invalid ACL topic",
    ],
    [
      { command: "createClient", username: "c", groups: [{}] },
      "'groups' contains an object with an invalid 'groupname'",
    ],
    [{ command: "createClient", username: "c", clientids: "x" }, "Invalid clientids"],
    [{ command: "createClient", username: "c", maxconnections: 0 }, "Invalid maxconnections"],
    [{ command: "createClient", username: "c", variables: { "a b": "x" } }, "Invalid variables"],
    [{ command: "createClient", username: "c", variables: { room: "a/#" } }, "Invalid variables"],
    [{ command: "createGroup", groupname: "g", variables: [] }, "Invalid variables"],
    [{ command: "modifyRole", rolename: "r", maxpublishrate: -1 }, "Invalid maxpublishrate"],
    [{ command: "modifyGroup", groupname: "g1", roles: "x" }, "'roles' not an array or missing/invalid rolename"],
  ])("%j is refused and changes nothing", async (command, error) => {
    const { state, control } = openHouse("{}");
    await replies(control, { command: "createRole", rolename: "r" }, { command: "createGroup", groupname: "g1" });
    const { reply, effects, audit } = await control.request(
      Buffer.from(JSON.stringify({ commands: [command] })),
      ADMIN,
    );
    expect(responsesOf(reply)).toEqual([{ command: command.command, error }]);
    expect([state.changeIndex, state.clients.size, state.groups.size, state.roles.size]).toEqual([2, 0, 1, 1]);
    expect([effects.users.size, audit]).toEqual([0, []]);
  });

  test("is carried out after the one before, however long its passwords take", async () => {
    const hashed = Promise.withResolvers<string>();
    const control = controlWith({ hash: (password) => (password === "slow" ? hashed.promise : Promise.resolve(HASH)) });
    const first = replies(control, { command: "createClient", username: "cam", password: "slow" });
    const second = replies(control, { command: "getClient", username: "cam" });
    hashed.resolve(HASH);
    expect(await second).toEqual([
      { command: "getClient", data: { client: { username: "cam", roles: [], groups: [], connections: [] } } },
    ]);
    expect(await first).toEqual([{ command: "createClient" }]);
  });

  test("is answered after the one before, however long its file takes", async () => {
    const saved = Promise.withResolvers<null>();
    const control = controlWith({ save: () => saved.promise });
    const answered: string[] = [];
    const first = replies(control, { command: "createRole", rolename: "r" }).then(() => answered.push("first"));
    const second = replies(control, { command: "listRoles" }).then(() => answered.push("second"));
    saved.resolve(null);
    await Promise.all([first, second]);
    expect(answered).toEqual(["first", "second"]);
  });

  test("is answered when one of its passwords cannot be hashed, which changes nothing and is told", async () => {
    const told: string[] = [];
    const state = emptyState("dynamic-security.json");
    const control = controlWith({
      state: () => state,
      hash: (password) => (password === "x" ? Promise.reject(new Error("no memory")) : Promise.resolve(HASH)),
      brokeDown: (command, error, { clientId }) => told.push(`${command} of ${clientId}: ${String(error)}`),
    });
    const answers = await replies(
      control,
      { command: "createClient", username: "c", password: "x", correlationData: "1" },
      { command: "createClient", username: "d", password: "y" },
    );
    expect(answers).toEqual([
      { command: "createClient", error: "Internal error", correlationData: "1" },
      { command: "createClient" },
    ]);
    expect(told).toEqual(["createClient of ctrl: Error: no memory"]);
    expect([state.changeIndex, state.clients.get("c")]).toEqual([1, undefined]);
    expect(await replies(control, { command: "createClient", username: "c" })).toEqual([{ command: "createClient" }]);
  });

  test("has a hash of its own for each password, even for the same one", async () => {
    const given: string[] = [];
    const control = controlWith({
      hash: (password) => {
        given.push(password);
        return Promise.resolve(HASH);
      },
    });
    const names = ["a", "b"].map((username) => ({ command: "createClient", username, password: "same" }));
    await replies(control, ...names, { command: "getClient", username: "a", password: "unasked" });
    expect(given).toEqual(["same", "same"]);
  });
});

describe("a change", () => {
  test("that is not on disk is no success, and says why; a question is answered all the same", async () => {
    const control = controlWith({ save: () => Promise.resolve(UNWRITABLE) });
    const commands = [
      { command: "createRole", rolename: "r", correlationData: "1" },
      { command: "createRole", rolename: "r" },
      { command: "listRoles" },
    ];
    expect(await replies(control, ...commands)).toEqual([
      {
        command: "createRole",
        error:
          "Changed, but not saved: dynamic-security.json cannot be written (EROFS). Changes by commands count until the " +
          "next restart only. Give the broker the right to write in that folder, and look whether the disk is full.",
        correlationData: "1",
      },
      { command: "createRole", error: "Role already exists" },
      { command: "listRoles", data: { totalCount: 1, roles: ["r"] } },
    ]);
  });

  test("is saved once a request, and a question not at all", async () => {
    let saves = 0;
    const control = controlWith({
      save: () => {
        saves++;
        return Promise.resolve(null);
      },
    });
    await replies(control, { command: "createRole", rolename: "a" }, { command: "createRole", rolename: "b" });
    expect(saves).toBe(1);
    await replies(control, { command: "listRoles" }, { command: "deleteRole", rolename: "none" });
    expect(saves).toBe(1);
  });

  test("counts and is saved although a later command of its request breaks down", async () => {
    const told: string[] = [];
    const saved: number[] = [];
    const state = emptyState("dynamic-security.json");
    const control = controlWith({
      state: () => state,
      save: ({ changeIndex }) => {
        saved.push(changeIndex);
        return Promise.resolve(null);
      },
      connected: () => {
        throw new Error("lost count");
      },
      brokeDown: (command, error, { clientId }) => told.push(`${command} of ${clientId}: ${String(error)}`),
    });
    const commands = [
      { command: "createClient", username: "cam" },
      { command: "getClient", username: "cam", correlationData: "x" },
      { command: "createRole", rolename: "r" },
    ];
    const { reply, audit } = await control.request(Buffer.from(JSON.stringify({ commands })), ADMIN);
    expect(responsesOf(reply)).toEqual([
      { command: "createClient" },
      { command: "getClient", error: "Internal error", correlationData: "x" },
      { command: "createRole" },
    ]);
    expect(saved).toEqual([2]);
    expect(audit).toHaveLength(2);
    expect(told).toEqual(["getClient of ctrl: Error: lost count"]);
  });

  test("that breaks down itself is saved as far as it went, and no answer from before it counts", async () => {
    let saves = 0;
    const state = emptyState("dynamic-security.json");
    const broken = {
      ...state,
      roles: {
        ...state.roles,
        add: () => {
          throw new Error("no memory");
        },
      },
    };
    const control = controlWith({
      state: () => broken,
      save: () => {
        saves++;
        return Promise.resolve(null);
      },
      brokeDown: () => undefined,
    });
    expect(await replies(control, { command: "createRole", rolename: "r" })).toEqual([
      { command: "createRole", error: "Internal error" },
    ]);
    expect([saves, broken.accessRevision - state.accessRevision]).toEqual([1, 1]);
  });

  test("is told to the log in one line, without its password", async () => {
    const { control, state } = openHouse("{}");
    const commands = [
      {
        command: "CREATECLIENT",
        username: "cam",
        password: "topsecret",
        textname: "a\nb",
        roles: [],
        correlationData: "7",
      },
      { command: "listClients" },
      { command: "deleteClient", username: "nobody" },
    ];
    const { audit } = await control.request(Buffer.from(JSON.stringify({ commands })), {
      clientId: "ctrl\u2028",
      username: null,
    });
    expect(audit).toEqual(["dynsec: ctrl?/ | createClient | username=cam | password=***** | textname=a?b | roles=[]"]);
    expect(state.changeIndex).toBe(1);
  });
});

test("without a usable file every command is refused", async () => {
  const control = controlWith({ state: () => null });
  const error = "The dynamic security file cannot be used. Nothing was changed. Look for its fault in the log";
  expect(
    await replies(control, { command: "listRoles" }, { command: "createRole", rolename: "r", correlationData: "x" }),
  ).toEqual([
    { command: "listRoles", error },
    { command: "createRole", error, correlationData: "x" },
  ]);
});

describe("who is concerned", () => {
  async function concerned(...commands: readonly object[]): Promise<readonly [object, boolean]> {
    const { control, run } = openHouse("{}");
    await run(
      { command: "createRole", rolename: "r" },
      { command: "createGroup", groupname: "g", roles: [{ rolename: "r" }] },
      { command: "createGroup", groupname: "guests" },
      { command: "createClient", username: "direct", roles: [{ rolename: "r" }] },
      { command: "createClient", username: "member", groups: [{ groupname: "g" }] },
      { command: "createClient", username: "other" },
      { command: "setAnonymousGroup", groupname: "guests" },
    );
    const { effects } = await control.request(Buffer.from(JSON.stringify({ commands })), ADMIN);
    return [Object.fromEntries(effects.users), effects.anonymous];
  }

  test.each([
    [
      "a role given by createClient and createGroup",
      [{ command: "deleteRole", rolename: "r" }],
      { direct: "rights", member: "rights" },
      false,
    ],
    [
      "a role of the anonymous group",
      [
        { command: "addGroupRole", groupname: "guests", rolename: "r" },
        { command: "modifyRole", rolename: "r", allowwildcardsubs: false },
      ],
      { direct: "rights", member: "rights" },
      true,
    ],
    ["a role whose text changed", [{ command: "modifyRole", rolename: "r", textname: "x" }], {}, false],
    [
      "a role that changed to what it was",
      [{ command: "modifyRole", rolename: "r", allowwildcardsubs: true }],
      {},
      false,
    ],
    [
      "members that went and members that came",
      [{ command: "modifyGroup", groupname: "g", clients: [{ username: "other" }] }],
      { member: "rights", other: "rights" },
      false,
    ],
    [
      "a password, and then rights",
      [
        { command: "setClientPassword", username: "other", password: "x" },
        { command: "addClientRole", username: "other", rolename: "r" },
      ],
      { other: "login" },
      false,
    ],
    [
      "rights, and then a disabled client",
      [
        { command: "addClientRole", username: "other", rolename: "r" },
        { command: "disableClient", username: "other" },
      ],
      { other: "login" },
      false,
    ],
    ["more client ids", [{ command: "modifyClient", username: "other", clientids: ["a*"] }], { other: "login" }, false],
    ["a text of a client", [{ command: "modifyClient", username: "other", textname: "x" }], { other: "rights" }, false],
    ["a default", [{ command: "setDefaultACLAccess", acls: [{ acltype: "subscribe", allow: true }] }], {}, false],
  ])("%s", async (_, commands, users, anonymous) => {
    expect(await concerned(...commands)).toEqual([users, anonymous]);
  });
});

describe("a deleted role", () => {
  test("is gone from all who had it, and from the file", async () => {
    const { run } = openHouse("{}");
    await run(
      { command: "createRole", rolename: "r" },
      { command: "createGroup", groupname: "g", roles: [{ rolename: "r" }] },
      { command: "createClient", username: "c", roles: [{ rolename: "r" }] },
      { command: "deleteRole", rolename: "r" },
      { command: "createRole", rolename: "r", acls: [{ acltype: "publishClientSend", topic: "#", allow: true }] },
    );
    expect(await run({ command: "getClient", username: "c" })).toEqual({
      client: { username: "c", roles: [], groups: [], connections: [] },
    });
    expect(await run({ command: "getGroup", groupname: "g" })).toEqual({
      group: { groupname: "g", clients: [], roles: [] },
    });
  });
});

test("the connections of a client are looked for once a request", async () => {
  let looks = 0;
  const control = controlWith({
    connected: () => {
      looks++;
      return [
        { username: "cam", address: "10.0.0.1" },
        { username: null, address: "10.0.0.2" },
        { username: "cam", address: "10.0.0.3" },
      ];
    },
  });
  await replies(control, { command: "createClient", username: "cam" }, { command: "createClient", username: "lamp" });
  expect(looks).toBe(0);
  const client = {
    username: "cam",
    roles: [],
    groups: [],
    connections: [{ address: "10.0.0.1" }, { address: "10.0.0.3" }],
  };
  const clients = [client, { username: "lamp", roles: [], groups: [], connections: [] }];
  const answers = await replies(
    control,
    { command: "listClients", verbose: true },
    { command: "getClient", username: "cam" },
  );
  expect(answers).toEqual([
    { command: "listClients", data: { totalCount: 2, clients } },
    { command: "getClient", data: { client } },
  ]);
  expect(looks).toBe(1);
});

test("mosquitto_ctrl 2.0.11 says access where allow is meant", async () => {
  const { run, state } = openHouse("{}");
  await run({ command: "setDefaultACLAccess", acls: [{ acltype: "subscribe", access: "allow" }] });
  expect(state.defaultAccess.subscribe).toBe(true);
  await run({ command: "setDefaultACLAccess", acls: [{ acltype: "subscribe", access: "deny" }] });
  expect(state.defaultAccess.subscribe).toBe(false);
});

describe("whatever is in a command", () => {
  const names = [...COMMANDS.values()].map(({ name }) => name);
  const members = (
    "username groupname rolename password clientid textname textdescription roles groups clients acls acltype topic " +
    "priority allow allowwildcardsubs count offset verbose clientids maxconnections maxpublishrate variables " +
    "__proto__ correlationData"
  ).split(" ");
  const value = fc.oneof(
    fc.constantFrom<unknown>("a", "b", "", "publishClientSend", "a/#", "+/#", 1, -1, true, null, "%u", "\u0000"),
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(
      fc.record(
        {
          rolename: fc.constantFrom("a", "b"),
          groupname: fc.constantFrom("a", 3),
          username: fc.constantFrom("a", "b"),
        },
        { requiredKeys: [] },
      ),
    ),
    fc.array(fc.record({ acltype: fc.constantFrom("subscribePattern", "x"), topic: fc.constantFrom("a", "#/#", 3) })),
  );
  const command = fc
    .tuple(fc.constantFrom(...names), fc.dictionary(fc.constantFrom(...members), value, { maxKeys: 8 }))
    .map(([name, rest]) => ({ ...rest, command: name }));

  test("each gets one answer, and the file can be read again and says the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 30 }), async (commands) => {
        const { state, control } = openHouse(
          '{"roles":[{"rolename":"a"}],"groups":[{"groupname":"a"}],"clients":[{"username":"a"}]}',
        );
        for (const one of commands) {
          const { reply } = await control.request(Buffer.from(JSON.stringify({ commands: [one] })), ADMIN);
          expect(responsesOf(reply)).toHaveLength(1);
        }
        const text = formatDynsec(state).join("");
        const read = parseDynsec(text, "dynamic-security.json");
        expect(read.problems).toEqual([]);
        expect(read.state === null ? null : formatDynsec(read.state).join("")).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});
