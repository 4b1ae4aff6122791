import { describe, expect, test } from "vitest";
import { isRawObject } from "../../src/core/raw-object.ts";
import type { Effects } from "../../src/dynsec/types.ts";
import { fixture, openHouse, responsesOf } from "./house.ts";

/*
 * What real brokers answered, in order, from the file each had started with. `connections` is left out: nobody is
 * connected here.
 */
interface Exchange {
  readonly id: string;
  readonly request: unknown;
  readonly response: string;
  /** Watching clients, and whether the command ended their connections. */
  readonly watchers: ReadonlyMap<string, boolean>;
}

const WATCHED: Readonly<Record<string, (effects: Effects) => boolean>> = {
  "w-c1": ({ users }) => users.has("c1"),
  "w-c2": ({ users }) => users.has("c2"),
  w5: ({ users }) => users.has("c5"),
  "w-anon": ({ anonymous }) => anonymous,
};

const exchanges: readonly Exchange[] = fixture("exchanges.jsonl")
  .trim()
  .split("\n")
  .map((line) => exchangeOf(JSON.parse(line)));

/** Where 2.1.2 is wrong, and what is right. */
const FIXES_2_1: Readonly<Record<string, string>> = {
  // it brings a priority up to -100000 everywhere but in addClientRole
  "raw-2.1.2-103": clientC1(-100_000),
  "raw-2.1.2-109": clientC1(-100_000),
};

/** It does not know that a role given by createClient has a holder, and leaves the client with rights it has no more. */
const MISSED_KICK_2_1 = ["raw-2.1.2-155", "w5"];

describe("the exchanges of Mosquitto 2.1.2", () => {
  test("are answered alike, but for what it does wrong", async () => {
    const { send } = openHouse(fixture("start-2.1.json"));
    const recorded = exchanges.filter(({ id }) => id.includes("-2.1.2-"));
    const wanted = recorded.map(({ id, response }) => ({ id, reply: FIXES_2_1[id] ?? response }));
    const answered: { id: string; reply: string }[] = [];
    const kicks: string[] = [];
    for (const { id, request, watchers } of recorded) {
      const { reply, effects } = await send(payloadOf(request));
      answered.push({ id, reply: comparable(JSON.parse(reply)) });
      for (const [name, wasKicked] of watchers) {
        if (WATCHED[name]?.(effects) !== wasKicked) kicks.push(id, name);
      }
    }
    expect(answered).toEqual(wanted);
    expect(kicks).toEqual(MISSED_KICK_2_1);
    expect(recorded).toHaveLength(243);
  });
});

/**
 * What 2.0.11 answers otherwise than 2.1.2, and we with 2.1.2. Two differences are everywhere and not listed: 2.0.11
 * shows neither `connections` nor `allowwildcardsubs`.
 */
const ANSWERS_2_0: Readonly<Record<string, readonly object[]>> = {
  // what is no command ends the request
  "raw-2.0.11-006": [{ command: "Unknown command", error: "Command not an object" }],
  "raw-2.0.11-007": [{ command: "Unknown command", error: "Missing command" }],
  // a command that answers no data is named as it was typed
  "raw-2.0.11-013": [
    { command: "listClients", data: { totalCount: 1, clients: ["admin"] }, correlationData: "Zz" },
    {
      command: "getClient",
      data: {
        client: { username: "admin", textname: "Dynsec admin user", roles: [{ rolename: "admin" }], groups: [] },
      },
    },
    { command: "deleteclient", error: "Client not found" },
  ],
  "raw-2.0.11-014": [{ command: "getDetails", data: { clientCount: 1, groupCount: 0, roleCount: 1, changeIndex: 0 } }],
  // names are not empty
  "raw-2.0.11-016": [{ command: "createRole", error: "Empty rolename" }],
  "raw-2.0.11-053": [{ command: "createGroup", error: "Empty groupname" }],
  "raw-2.0.11-062": [{ command: "createClient", error: "Empty username" }],
  // of two entries of a type for a topic the first counts
  "raw-2.0.11-019": [
    {
      command: "getRole",
      data: { role: { rolename: "rA", textname: "Role A", textdescription: "desc A", acls: aclsOfRoleA() } },
    },
  ],
  "raw-2.0.11-024": [{ command: "createRole", error: "Invalid allowwildcardsubs" }],
  "raw-2.0.11-030": [{ command: "addRoleACL", error: "Invalid ACL topic" }],
  // priorities end at 100000, and the entry without a topic is not there
  "raw-2.0.11-037": [
    {
      command: "getRole",
      data: {
        role: {
          rolename: "rB",
          acls: [
            { acltype: "publishClientSend", topic: "big", priority: 100_000, allow: true },
            { acltype: "publishClientSend", topic: "u/%u/x", priority: 3, allow: true },
            { acltype: "publishClientSend", topic: "p/+/q", priority: 0, allow: false },
            { acltype: "publishClientSend", topic: "strprio", priority: 0, allow: false },
            { acltype: "publishClientSend", topic: "neg", priority: -100_000, allow: true },
            { acltype: "publishClientReceive", topic: "#", priority: 0, allow: true },
          ],
        },
      },
    },
  ],
  // neither the role without a name nor rW2 was made
  "raw-2.0.11-043": [
    {
      command: "listRoles",
      data: {
        totalCount: 4,
        roles: [
          { rolename: "rA", textname: "Role A", textdescription: "desc A", acls: aclsOfRoleA() },
          {
            rolename: "rB",
            textname: "Role B",
            textdescription: "new",
            acls: [{ acltype: "publishClientSend", topic: "only", priority: 0, allow: true }],
          },
        ],
      },
    },
  ],
  "raw-2.0.11-044": [{ command: "listRoles", data: { totalCount: 4, roles: ["admin"] } }],
  "raw-2.0.11-045": [{ command: "listRoles", data: { totalCount: 4, roles: ["admin", "rA", "rB", "rW"] } }],
  "raw-2.0.11-046": [{ command: "listRoles", data: { totalCount: 4, roles: ["admin"] } }],
  "raw-2.0.11-047": [{ command: "listRoles", data: { totalCount: 4, roles: [] } }],
  "raw-2.0.11-048": [{ command: "listRoles", data: { totalCount: 4, roles: ["admin", "rA", "rB", "rW"] } }],
  // nor the client and the group without a name
  "raw-2.0.11-078": [
    {
      command: "listClients",
      data: {
        totalCount: 5,
        clients: [
          { username: "admin", textname: "Dynsec admin user", roles: [{ rolename: "admin" }], groups: [] },
          {
            username: "c1",
            textname: "Client One",
            textdescription: "first client",
            roles: [{ rolename: "rA", priority: 4 }],
            groups: [{ groupname: "g1", priority: 2 }, { groupname: "g2" }],
          },
          { username: "c2", clientid: "c2-dev", roles: [], groups: [] },
          { username: "c3", roles: [], groups: [] },
          { username: "c4", roles: [], groups: [] },
        ],
      },
    },
  ],
  "raw-2.0.11-079": [
    {
      command: "listClients",
      data: { totalCount: 5, clients: [{ username: "c2", clientid: "c2-dev", roles: [], groups: [] }] },
    },
  ],
  "raw-2.0.11-080": [
    {
      command: "listGroups",
      data: {
        totalCount: 2,
        groups: [
          {
            groupname: "g1",
            textname: "Group one",
            textdescription: "first",
            clients: [{ username: "c1" }],
            roles: [{ rolename: "rA", priority: 3 }, { rolename: "rB" }],
          },
          { groupname: "g2", clients: [{ username: "c1" }], roles: [] },
        ],
      },
    },
  ],
  // a list with a fault in it is refused, not taken as an empty one
  "raw-2.0.11-085": [
    { command: "modifyClient", error: "'groups' contains an object with a 'groupname' that does not exist" },
  ],
  "raw-2.0.11-086": [{ command: "modifyClient", error: "'groups' contains an object with an invalid 'groupname'" }],
  "raw-2.0.11-110": [
    { command: "modifyGroup", error: "'clients' contains an object with a 'username' that does not exist" },
  ],
  "raw-2.0.11-111": [{ command: "modifyGroup", error: "'clients' contains an object with an invalid 'username'" }],
  "raw-2.0.11-103": responsesOf(clientC1(-100_000)).map(known),
  "raw-2.0.11-109": responsesOf(clientC1(-100_000)).map(known),
};

/** Whom 2.0.11 forgets: who holds a role whose entries modifyRole replaced, and who was given it by createClient. */
const MISSED_KICKS_2_0 = ["raw-2.0.11-134", "w-c1", "raw-2.0.11-155", "w5"];

describe("the exchanges of Mosquitto 2.0.11", () => {
  // the two parts were recorded each from a fresh file
  test.each([
    ["ctrl-2.0.11-", 86, []],
    ["raw-2.0.11-", 156, MISSED_KICKS_2_0],
  ])("%s: are answered as 2.1.2 answers them", async (set, count, missedKicks) => {
    const { send } = openHouse(fixture("start-2.0.json"));
    const recorded = exchanges.filter(({ id }) => id.startsWith(set));
    const wanted = recorded.map(({ id, response }) => {
      const reply = ANSWERS_2_0[id];
      return { id, reply: reply === undefined ? response : comparable({ responses: reply }) };
    });
    const answered: { id: string; reply: string }[] = [];
    const kicks: string[] = [];
    for (const { id, request, watchers } of recorded) {
      const { reply, effects } = await send(payloadOf(request));
      answered.push({ id, reply: comparable(JSON.parse(reply), "allowwildcardsubs") });
      for (const [name, wasKicked] of watchers) {
        if (WATCHED[name]?.(effects) !== wasKicked) kicks.push(id, name);
      }
    }
    expect(answered).toEqual(wanted);
    expect(kicks).toEqual(missedKicks);
    expect(recorded).toHaveLength(count);
  });
});

function exchangeOf(row: unknown): Exchange {
  if (!isRawObject(row) || typeof row["id"] !== "string") throw new Error("no exchange");
  const watchers = isRawObject(row["watchers"]) ? Object.entries(row["watchers"]) : [];
  return {
    id: row["id"],
    request: row["request"],
    response: comparable(row["response"]),
    watchers: new Map(watchers.map(([name, what]) => [name, what === "kicked"])),
  };
}

function payloadOf(request: unknown): string {
  return typeof request === "string" ? request : JSON.stringify(request);
}

/** JSON without the members that cannot be equal; the order of the others counts. */
function comparable(value: unknown, ...others: readonly string[]): string {
  const leftOut = new Set(["connections", ...others]);
  return JSON.stringify(value, (name, member: unknown) => (leftOut.has(name) ? undefined : member));
}

function clientC1(priority: number): string {
  const roles = [
    { rolename: "rA", priority: 100_000 },
    { rolename: "rB", priority },
  ];
  const client = { username: "c1", textname: "One", textdescription: "changed", roles, groups: [] };
  return comparable({ responses: [{ command: "getClient", data: { client } }] });
}

function aclsOfRoleA(): readonly object[] {
  return [
    { acltype: "publishClientSend", topic: "a/secret", priority: 10, allow: false },
    { acltype: "publishClientSend", topic: "a/#", priority: 1, allow: true },
    { acltype: "publishClientReceive", topic: "a/#", priority: 0, allow: true },
    { acltype: "subscribeLiteral", topic: "lit/+", priority: 0, allow: true },
    { acltype: "subscribePattern", topic: "a/#", priority: -1, allow: true },
    { acltype: "unsubscribePattern", topic: "#", priority: 0, allow: false },
  ];
}

function known(value: unknown): object {
  if (!isRawObject(value)) throw new Error("no object");
  return value;
}
