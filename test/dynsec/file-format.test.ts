import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sentence } from "../../src/core/problem.ts";
import type { Access } from "../../src/core/types.ts";
import { accessOf } from "../../src/dynsec/access.ts";
import { formatDynsec } from "../../src/dynsec/format-file.ts";
import { loginRefusal } from "../../src/dynsec/login.ts";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import { acl, ADMIN, fixture, HASH, openHouse } from "./house.ts";

const FILE = "dynamic-security.json";

function rewritten(text: string): unknown {
  const { state, problems } = parseDynsec(text, FILE);
  expect(problems).toEqual([]);
  expect(state).not.toBeNull();
  return state === null ? null : JSON.parse(formatDynsec(state).join(""));
}

function problemsOf(file: unknown): readonly string[] {
  return parseDynsec(typeof file === "string" ? file : JSON.stringify(file), FILE).problems.map(sentence);
}

describe("a file of Mosquitto", () => {
  test("2.1 comes back as it was", () => {
    expect(rewritten(fixture("start-2.1.json"))).toEqual(JSON.parse(fixture("start-2.1.json")));
  });

  test("2.0 as mosquitto_ctrl makes it comes back with its password in the same layout", () => {
    const file = rewritten(fixture("start-2.0.json"));
    expect(file).toMatchObject({
      changeIndex: 0,
      clients: [
        {
          username: "admin",
          textname: "Dynsec admin user",
          password: "PvsHHFlQxmq1r134JEGYBzN7+ao+j4VX9vJwMN9rZygK+oD/azLS6nRB9p2e0Vdki4D+5ERXAXJ4f870hh7shQ==",
          salt: "/ZwZiJbaBAKk9Ccx",
          iterations: 101,
          roles: [{ rolename: "admin" }],
        },
      ],
      groups: [],
    });
    expect(file).not.toHaveProperty("clients.0.encoded_password");
  });

  test("keeps what we do not know, at every place", () => {
    const text = JSON.stringify({
      future: { a: [1] },
      clients: [{ username: "c", later: true, roles: [{ rolename: "r", since: "2027" }] }],
      groups: [{ groupname: "g", colour: "red", clients: [{ username: "c", joined: 3 }], roles: [] }],
      roles: [
        {
          rolename: "r",
          icon: "x",
          acls: [
            { ...acl("publishClientSend a"), note: "n" },
            { acltype: "inspect", topic: "b", depth: 2 },
          ],
        },
      ],
    });
    const { state, problems } = parseDynsec(text, FILE);
    expect(problems.map(sentence)).toEqual([
      'dynamic-security.json: role "r" has an access entry of the type "inspect", which is not known. ' +
        "This entry does not count. Use publishClientSend, publishClientReceive, subscribeLiteral, " +
        "subscribePattern, unsubscribeLiteral or unsubscribePattern.",
    ]);
    const again: unknown = state === null ? null : JSON.parse(formatDynsec(state).join(""));
    expect(again).toMatchObject(JSON.parse(text));
    expect(Object.keys(again ?? {})).toEqual([
      "changeIndex",
      "defaultACLAccess",
      "clients",
      "groups",
      "roles",
      "future",
    ]);
  });

  test("is read whatever the case of its members", () => {
    const { state } = parseDynsec(
      JSON.stringify({
        CLIENTS: [{ UserName: "c", textName: "See", Disabled: true, ROLES: [{ roleName: "r", Priority: 4 }] }],
        Roles: [
          { ROLENAME: "r", AllowWildcardSubs: false, ACLs: [{ AclType: "SUBSCRIBELITERAL", Topic: "t", Allow: true }] },
        ],
        DefaultAclAccess: { Subscribe: true },
        AnonymousGroup: "g",
        Groups: [{ GroupName: "g" }],
      }),
      FILE,
    );
    expect(state === null ? null : JSON.parse(formatDynsec(state).join(""))).toEqual({
      changeIndex: 0,
      defaultACLAccess: { publishClientSend: false, publishClientReceive: false, subscribe: true, unsubscribe: false },
      clients: [{ username: "c", textname: "See", disabled: true, roles: [{ rolename: "r", priority: 4 }] }],
      groups: [{ groupname: "g", roles: [], clients: [] }],
      anonymousGroup: "g",
      roles: [
        {
          rolename: "r",
          allowwildcardsubs: false,
          acls: [{ acltype: "subscribeLiteral", topic: "t", priority: 0, allow: true }],
        },
      ],
    });
  });

  test("brings priorities into their range and entries into their order", () => {
    const file = rewritten(
      JSON.stringify({
        clients: [
          {
            username: "b",
            roles: [{ rolename: "y" }, { rolename: "x", priority: 1e9 }, { rolename: "z", priority: -1e9 }],
          },
          { username: "a" },
        ],
        roles: [
          { rolename: "z" },
          { rolename: "y" },
          {
            rolename: "x",
            acls: [
              acl("subscribePattern p"),
              acl("publishClientSend low"),
              acl("publishClientSend high", { priority: 2.9 }),
            ],
          },
        ],
      }),
    );
    expect(file).toMatchObject({
      clients: [
        { username: "a" },
        {
          username: "b",
          roles: [{ rolename: "x", priority: 100_000 }, { rolename: "y" }, { rolename: "z", priority: -100_000 }],
        },
      ],
      roles: [{ acls: [{ topic: "high", priority: 2 }, { topic: "low" }, { topic: "p" }] }, {}, {}],
    });
  });

  test.each(["", " \n"])("that is empty (%j) knows nobody", (text) => {
    const { state, problems } = parseDynsec(text, FILE);
    expect([state?.clients.size, problems]).toEqual([0, []]);
  });

  test("may begin with a byte order mark", () => {
    expect(parseDynsec(`\uFEFF${fixture("start-2.1.json")}`, FILE).state?.clients.size).toBe(2);
  });
});

describe("a file that is broken", () => {
  const rest =
    "The file is left as it is, and changes by dynamic security commands are refused. " +
    "Correct the file, or put back a copy of it.";

  test.each([
    ['{\n"clients": [\n{"username": "c"\n}', `dynamic-security.json line 4: this is not valid JSON. ${rest}`],
    ['{\n"clients": [],\n}', `dynamic-security.json line 3: this is not valid JSON. ${rest}`],
    ["[]", `dynamic-security.json: it must be one JSON object. ${rest}`],
    ['{"clients": {}}', `dynamic-security.json: "clients" must be a list. ${rest}`],
    ['{"Groups": "g"}', `dynamic-security.json: "groups" must be a list. ${rest}`],
    ['{"roles": null}', `dynamic-security.json: "roles" must be a list. ${rest}`],
    ['{"defaultACLAccess": true}', `dynamic-security.json: "defaultACLAccess" must be an object. ${rest}`],
    ["null", `dynamic-security.json: it must be one JSON object. ${rest}`],
  ])("%j is no state and one problem", (text, said) => {
    expect(parseDynsec(text, FILE).state).toBeNull();
    expect(problemsOf(text)).toEqual([said]);
  });

  test("never shows what is near the fault", () => {
    expect(JSON.stringify(parseDynsec('{"clients":[{"password":"topsecret" oops}]}', FILE))).not.toContain("topsecret");
  });
});

describe("what cannot be used in a file", () => {
  test.each([
    [
      "a client without a name",
      { clients: [{ password: "x" }] },
      'a client has no "username". It is left out. Give it a name, or remove it.',
    ],
    [
      "two roles of a name",
      { roles: [{ rolename: "r" }, { rolename: "r" }] },
      'there are two roles "r". The first one counts. Remove or rename one of them.',
    ],
    [
      "a role that is not there",
      { clients: [{ username: "c", roles: [{ rolename: "r" }] }] },
      'client "c" names the role "r", which does not exist. It counts without it. Make that role, or remove the name there.',
    ],
    [
      "a member that is not there",
      { groups: [{ groupname: "g", clients: [{ username: "c" }] }] },
      'group "g" names the client "c", which does not exist. It counts without it. Make that client, or remove the name there.',
    ],
    [
      "an anonymous group that is not there",
      { anonymousGroup: "g" },
      'anonymousGroup names the group "g", which does not exist. It counts without it. Make that group, or remove the name there.',
    ],
    [
      "a hash that is none",
      { clients: [{ username: "c", encoded_password: "secret" }] },
      'the stored password of client "c" cannot be checked. It cannot log in. Set a new password with "setClientPassword".',
    ],
    [
      "two entries for a topic",
      { roles: [{ rolename: "r", acls: [acl("publishClientSend t"), acl("publishClientSend t")] }] },
      'role "r" has two entries publishClientSend for "t". The first one counts. Remove one of them.',
    ],
    [
      "an entry for no topic",
      { roles: [{ rolename: "r", acls: [{ acltype: "publishClientSend" }] }] },
      'role "r" has an access entry without "acltype" or "topic". This entry does not count. Use publishClientSend, publishClientReceive, subscribeLiteral, subscribePattern, unsubscribeLiteral or unsubscribePattern.',
    ],
    [
      "an entry for what is no filter",
      { roles: [{ rolename: "r", acls: [acl("publishClientSend a/#/b")] }] },
      'role "r" has an entry publishClientSend for "a/#/b", which is no topic filter: "#" must be the last level and stand alone in it. This entry does not count. Correct or remove it.',
    ],
    [
      "client ids that are none",
      { clients: [{ username: "c", clientids: 3 }] },
      '"clientids" of client "c" makes no sense. It cannot log in. Write a list of names, such as ["plug-1","cam-*"].',
    ],
    [
      "connections that are no number",
      { clients: [{ username: "c", maxconnections: 0 }] },
      '"maxconnections" of client "c" makes no sense. One connection is allowed. Write a whole number from 1 on.',
    ],
    [
      "variables with wildcards",
      { clients: [{ username: "c", variables: { room: "+" } }] },
      '"variables" of client "c" makes no sense. It has none. Write names and texts without wildcards, such as {"room":"kitchen"}.',
    ],
    [
      "a client disabled by a word",
      { clients: [{ username: "c", disabled: "true" }] },
      '"disabled" of client "c" makes no sense. It cannot log in. Write true or false.',
    ],
    [
      "a client id that is a number",
      { clients: [{ username: "c", clientid: 5 }] },
      '"clientid" of client "c" makes no sense. It cannot log in. Write the client id in quotation marks.',
    ],
    [
      "wildcards refused by a word",
      { roles: [{ rolename: "r", allowwildcardsubs: "false" }] },
      '"allowwildcardsubs" of role "r" makes no sense. Filters with wildcards are refused. Write true or false.',
    ],
    [
      "a rate of nothing",
      { roles: [{ rolename: "r", maxpublishrate: 0 }] },
      '"maxpublishrate" of role "r" makes no sense. There is no limit. Write a number above 0.',
    ],
  ])("%s is said", (_, file, said) => {
    expect(problemsOf(file)).toEqual([`dynamic-security.json: ${said}`]);
  });

  test("is said twenty times at most", () => {
    const said = problemsOf({ clients: Array.from({ length: 25 }, () => ({})) });
    expect(said).toHaveLength(21);
    expect(said.at(-1)).toBe(
      "dynamic-security.json: there are 5 more faults of these kinds. Each counts as the ones before. Correct those first.",
    );
  });
});

describe("after any commands", () => {
  const names = fc.constantFrom("a", "b", "c", "d");
  const links = (key: string, list: string) =>
    fc.oneof(
      fc.constant({}),
      fc
        .array(fc.record({ [key]: names, priority: fc.integer({ min: -3, max: 3 }) }), { maxLength: 3 })
        .map((value) => ({ [list]: value })),
    );
  const acls = fc
    .array(fc.constantFrom("publishClientSend a/#", "subscribePattern +", "subscribeLiteral %u"), { maxLength: 3 })
    .map((entries) => ({ acls: entries.map((entry) => acl(entry)) }));
  const command = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("createClient", "modifyClient"),
        names,
        links("rolename", "roles"),
        links("groupname", "groups"),
      )
      .map(([name, username, ...more]) => ({ command: name, username, ...more[0], ...more[1] })),
    fc
      .tuple(
        fc.constantFrom("createGroup", "modifyGroup"),
        names,
        links("rolename", "roles"),
        links("username", "clients"),
      )
      .map(([name, groupname, ...more]) => ({ command: name, groupname, ...more[0], ...more[1] })),
    fc
      .tuple(fc.constantFrom("createRole", "modifyRole"), names, acls)
      .map(([name, rolename, more]) => ({ command: name, rolename, ...more })),
    fc.record({ command: fc.constantFrom("deleteClient", "disableClient", "enableClient"), username: names }),
    fc.record({ command: fc.constantFrom("deleteGroup", "setAnonymousGroup"), groupname: names }),
    fc.record({ command: fc.constantFrom("deleteRole"), rolename: names }),
    fc.record({ command: fc.constantFrom("addClientRole", "removeClientRole"), username: names, rolename: names }),
    fc.record({ command: fc.constantFrom("addGroupRole", "removeGroupRole"), groupname: names, rolename: names }),
    fc.record({ command: fc.constantFrom("addGroupClient", "removeGroupClient"), groupname: names, username: names }),
  );
  // the state is full from the start, so that most commands find what they name
  const full = ["a", "b", "c"].flatMap((name) => [
    { command: "createRole", rolename: name },
    { command: "createGroup", groupname: name, roles: [{ rolename: name }] },
    {
      command: "createClient",
      username: name,
      password: "x",
      roles: [{ rolename: "a" }],
      groups: [{ groupname: "a" }],
    },
  ]);

  const subjects = ["a", "b", "c", "d", null].map((username) => ({ clientId: "cid", username }));
  const answersOf = (access: Access): readonly string[] =>
    ["a/1", "x", "a", "b"].flatMap((topic) =>
      (["publish", "subscribe"] as const).map((action) => access.check(action, topic).verdict),
    );

  test("links agree on both sides, the file says what is in memory, and nothing that is kept is stale", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        const { state, control } = openHouse("{}");
        await control.request(Buffer.from(JSON.stringify({ commands: full })), ADMIN);
        const long = subjects.map((subject) => accessOf(state, subject));
        for (const one of commands) {
          await control.request(Buffer.from(JSON.stringify({ commands: [one] })), ADMIN);
          // every text is made now, so that a change that forgets to drop one shows
          formatDynsec(state);
          expect(long.map(answersOf)).toEqual(subjects.map((subject) => answersOf(accessOf(state, subject))));
        }
        const text = formatDynsec(state).join("");
        const read = parseDynsec(text, FILE);
        expect(read.problems).toEqual([]);
        expect(read.state === null ? null : formatDynsec(read.state).join("")).toBe(text);
        const clients = state.clients.sorted();
        const groups = state.groups.sorted();
        for (const role of state.roles.sorted()) {
          expect(role.clients).toEqual(
            new Set(clients.filter(({ roles }) => roles.some((link) => link.role === role))),
          );
          expect(role.groups).toEqual(new Set(groups.filter(({ roles }) => roles.some((link) => link.role === role))));
        }
        for (const group of groups) {
          const members = clients.filter((client) => client.groups.some((link) => link.group === group));
          expect(group.clients.sorted()).toEqual(members);
        }
      }),
      { numRuns: 150 },
    );
  });
});

test("a password set by a command is written in the layout that 2.0 reads", async () => {
  const { state, run } = openHouse("{}");
  await run({ command: "createClient", username: "cam", password: "secret1" });
  const [, , , salt, password] = HASH.split("$");
  expect(JSON.parse(formatDynsec(state).join(""))).toMatchObject({
    clients: [{ username: "cam", password, salt, iterations: 101 }],
  });
  expect(state.clients.get("cam")?.password?.hash).toBe(HASH);
});

test.each([
  ["disabled", { disabled: "true" }],
  ["bound to a client id", { clientid: 5 }],
])("a client that is %s in a way that makes no sense stays out, after a save too", (_, members) => {
  const text = JSON.stringify({ clients: [{ username: "cam", encoded_password: HASH, ...members }] });
  const { state } = parseDynsec(text, "d.json");
  if (state === null) throw new Error("no state");
  const again = parseDynsec(formatDynsec(state).join(""), "d.json").state;
  for (const each of [state, again]) {
    expect(each && loginRefusal(each, "cam", "5")).toMatchObject({ kind: "not_allowed" });
  }
});
