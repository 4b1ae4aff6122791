import type { GroupInfo, RoleInfo } from "../../core/api/access.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { placeOf } from "../../core/problem.ts";
import { listed } from "../../core/words.ts";
import { listedRoles } from "../../snapshot/listed-roles.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { codedName } from "./coded-name.ts";
import { notOfDynsec, roleLink, type Accounts } from "./accounts.ts";
import { ApiError } from "./api-error.ts";
import { optionalTextOf, textOf, textsOf, unfitField } from "./fields.ts";
import { pageOf } from "./page.ts";
import { read, write, type Route } from "./route.ts";

export interface RoleRoutesDeps {
  readonly current: () => Pick<Snapshot, "dynsec" | "settings">;
  readonly accounts: Pick<Accounts, "command">;
}

/** The roles and groups that are known by name; those of dynamic security can be changed. */
export function roleRoutes({ current, accounts }: RoleRoutesDeps): readonly Route[] {
  const terms = {
    texts: ({ name }: RoleInfo | GroupInfo) => [name],
    sorts: {
      name: ({ name }: RoleInfo | GroupInfo) => name,
      users: ({ users }: RoleInfo | GroupInfo) => users,
    },
  };
  return [
    read("/roles", { summary: "The roles, of one user if asked for ?user=", answer: "Page<RoleInfo>" }, ({ query }) =>
      pageOf(listedRoles(current(), codedUser(query)), query, terms),
    ),
    read("/groups", { summary: "The groups of dynamic security", answer: "Page<GroupInfo>" }, ({ query }) =>
      pageOf(groupsOf(current()), query, terms),
    ),
    ...editRoutes({
      noun: "role",
      takes: "RoleChange",
      answer: "RoleInfo",
      all: () => listedRoles(current(), null),
      members: (body) => ({ acls: aclsIn(body["acls"] ?? []) }),
      afterwards: (body) => givenTo(optionalTextOf(body, "user"), textOf(body, "name"), current()),
      accounts,
    }),
    ...editRoutes({
      noun: "group",
      takes: "GroupChange",
      answer: "GroupInfo",
      all: () => groupsOf(current()),
      members: (body) => ({ roles: (textsOf(body, "roles") ?? []).map(roleLink) }),
      afterwards: () => [],
      accounts,
    }),
  ];
}

function codedUser(query: URLSearchParams): string | null {
  const user = query.get("user");
  return user === null ? null : codedName(user);
}

interface Edited {
  readonly noun: "role" | "group";
  readonly takes: string;
  readonly answer: string;
  readonly all: () => readonly (RoleInfo | GroupInfo)[];
  /** What of a body is for the command. */
  readonly members: (body: RawObject) => RawObject;
  /** Commands that come behind the one that makes it. @throws ApiError */
  readonly afterwards: (body: RawObject) => readonly RawObject[];
  readonly accounts: RoleRoutesDeps["accounts"];
}

function editRoutes({ noun, takes, answer, all, members, afterwards, accounts }: Edited): readonly Route[] {
  const [verb, key] = noun === "role" ? (["Role", "rolename"] as const) : (["Group", "groupname"] as const);
  const find = (name: string): RoleInfo | GroupInfo => {
    const named = all().filter((entry) => entry.name === name);
    const found = named.find(({ writable }) => writable) ?? named[0];
    if (found === undefined) throw new ApiError("not_found", `There is no ${noun} ${name}.`, "Load the list again.");
    return found;
  };
  const findOurs = (name: string): string => {
    const found = find(name);
    if (found.writable || !("where" in found)) return name;
    throw new ApiError(
      "conflict",
      `The ${noun} ${name} cannot be changed from here.`,
      `Change it in ${placeOf(found.where)}.`,
    );
  };
  const path = `/${noun}s/{name}`;
  return [
    read(path, { summary: `One ${noun}`, answer }, ({ param }) => find(param("name"))),
    write("POST", `/${noun}s`, { summary: `Makes a ${noun}`, takes, answer }, async ({ body, by }) => {
      const name = textOf(body, "name");
      const command = { command: `create${verb}`, [key]: name, ...members(body) };
      await accounts.command([command, ...afterwards(body)], by);
      return { body: find(name), did: `made the ${noun} ${name}` };
    }),
    write(
      "PATCH",
      path,
      { summary: `Changes a ${noun}`, takes, answer, current: ({ param }) => find(param("name")) },
      async ({ param, body, by }) => {
        const name = findOurs(param("name"));
        await accounts.command([{ command: `modify${verb}`, [key]: name, ...members(body) }], by);
        return { body: find(name), did: `changed the ${noun} ${name}` };
      },
    ),
    write(
      "DELETE",
      path,
      { summary: `Takes a ${noun} away`, takes: null, answer: null, current: ({ param }) => find(param("name")) },
      async ({ param, by }) => {
        const name = findOurs(param("name"));
        await accounts.command([{ command: `delete${verb}`, [key]: name }], by);
        return { did: `took the ${noun} ${name} away` };
      },
    ),
  ];
}

/** Looked at before the role is made: commands that came first would stay. */
function givenTo(
  username: string | null,
  rolename: string,
  { dynsec }: Pick<Snapshot, "dynsec">,
): readonly RawObject[] {
  if (username === null) return [];
  if (dynsec?.state?.clients.get(username) === undefined) throw notOfDynsec(username);
  return [{ command: "addClientRole", username, rolename, priority: -1 }];
}

function groupsOf({ dynsec }: Pick<Snapshot, "dynsec">): readonly GroupInfo[] {
  return (dynsec?.state?.groups.sorted() ?? []).map(({ name, roles, clients }) => ({
    name,
    roles: roles.map(({ role }) => role.name),
    users: clients.size,
    writable: dynsec?.isIntact === true,
  }));
}

const TYPES = [
  "publishClientSend",
  "publishClientReceive",
  "subscribeLiteral",
  "subscribePattern",
  "unsubscribeLiteral",
  "unsubscribePattern",
];

function aclsIn(list: unknown): readonly RawObject[] {
  if (!Array.isArray(list)) throw unfitField("acls", "Write a list of entries.");
  return list.map((entry: unknown) => {
    if (!isRawObject(entry)) throw unfitField("acls", "Write each entry as an object.");
    const { type, topic, allow, priority = -1 } = entry;
    // Mosquitto leaves out what it does not know, and that would be a right less or a denial less
    if (typeof type !== "string" || !TYPES.includes(type)) {
      throw unfitField("acls", `The type of an entry is ${listed(TYPES, "or")}.`);
    }
    if (typeof topic !== "string" || topic === "") throw unfitField("acls", "Name the topic of each entry.");
    if (typeof allow !== "boolean") throw unfitField("acls", "Say of each entry whether it allows: true or false.");
    if (!Number.isSafeInteger(priority)) throw unfitField("acls", "The priority of an entry is a whole number.");
    return { acltype: type, topic, allow, priority };
  });
}
