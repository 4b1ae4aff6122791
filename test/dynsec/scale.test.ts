import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createControl } from "../../src/dynsec/control.ts";
import { createDynsecFile } from "../../src/dynsec/file.ts";
import { formatDynsec } from "../../src/dynsec/format-file.ts";
import type { DynsecState } from "../../src/dynsec/types.ts";
import { tempFolder } from "../helpers/temp.ts";
import { acl, ADMIN, HASH } from "./house.ts";

const CLIENTS = 50_000;
const ROLES = 200;

function bigFile(): string {
  const name = (client: number): string => `device-${client}`;
  return JSON.stringify({
    clients: Array.from({ length: CLIENTS }, (_, at) => ({
      username: name(at),
      encoded_password: HASH,
      roles: [{ rolename: `role-${at % ROLES}` }],
    })),
    groups: Array.from({ length: 100 }, (_, group) => ({
      groupname: `group-${group}`,
      clients: Array.from({ length: CLIENTS / 100 }, (_, at) => ({ username: name(at * 100 + group) })),
    })),
    roles: Array.from({ length: ROLES }, (_, role) => ({
      rolename: `role-${role}`,
      acls: Array.from({ length: 20 }, (_, at) => acl(`publishClientSend area-${role}/${at}/%u/#`)),
    })),
  });
}

/** The kept texts of all entries, by kind and name. */
function textsOf({ clients, groups, roles }: DynsecState): ReadonlyMap<string, string | null> {
  const kinds = { client: clients.sorted(), group: groups.sorted(), role: roles.sorted() };
  return new Map(
    Object.entries(kinds).flatMap(([kind, entries]) =>
      entries.map(({ name, written }) => [`${kind} ${name}`, written]),
    ),
  );
}

test("one change among 50,000 clients with 200 roles makes the texts anew of what it changed", async () => {
  const path = join(tempFolder(), "dynamic-security.json");
  writeFileSync(path, bigFile());
  const file = createDynsecFile({ path, shown: "dynamic-security.json" });
  const { state, problems } = await file.load();
  expect(problems).toEqual([]);
  if (state === null) throw new Error("the file of the test is broken");
  expect([state.clients.size, state.groups.size, state.roles.size]).toEqual([CLIENTS, 100, ROLES]);
  // what a change concerns, looked at before it is written
  let dropped: readonly string[] = [];
  const control = createControl({
    state: () => state,
    save: (changed) => {
      dropped = [...textsOf(changed)].flatMap(([name, text]) => (text === null ? [name] : []));
      return file.save(changed);
    },
    hash: () => Promise.resolve(HASH),
    connected: () => [],
    brokeDown: (_, error) => expect.unreachable(String(error)),
  });
  const change = async (command: object): Promise<readonly [readonly string[], number]> => {
    const { reply, effects } = await control.request(Buffer.from(JSON.stringify({ commands: [command] })), ADMIN);
    expect(reply).not.toContain('"error"');
    return [dropped, effects.users.size];
  };
  formatDynsec(state);
  const { changeIndex } = state;
  expect(await change({ command: "modifyClient", username: "device-7", textname: "x" })).toEqual([
    ["client device-7"],
    1,
  ]);
  expect(await change({ command: "addGroupClient", groupname: "group-3", username: "device-7" })).toEqual([
    ["group group-3"],
    1,
  ]);
  expect(
    await change({ command: "addRoleACL", rolename: "role-5", acltype: "publishClientSend", topic: "x", allow: true }),
  ).toEqual([["role role-5"], CLIENTS / ROLES]);
  expect(await change({ command: "createClient", username: "device-x" })).toEqual([["client device-x"], 0]);
  expect(await change({ command: "deleteClient", username: "device-x" })).toEqual([[], 1]);
  expect(await change({ command: "deleteRole", rolename: "role-6" })).toMatchObject([
    { length: CLIENTS / ROLES },
    CLIENTS / ROLES,
  ]);
  expect(state.changeIndex).toBe(changeIndex + 6);
  expect(readFileSync(path, "utf8")).toBe(formatDynsec(state).join(""));
});
