import type { GroupInfo, RoleInfo } from "../../core/api/access.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { listed } from "../../core/words.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { roleLink, type Accounts } from "./accounts.ts";
import { ApiError } from "./api-error.ts";
import { textOf, textsOf, unfitField } from "./fields.ts";
import { pageOf } from "./page.ts";
import { read, write, type Route } from "./route.ts";

export interface RoleRoutesDeps {
  readonly current: () => Pick<Snapshot, "dynsec">;
  readonly accounts: Pick<Accounts, "command">;
}

/** The roles and groups of dynamic security. */
export function roleRoutes({ current, accounts }: RoleRoutesDeps): readonly Route[] {
  const terms = {
    texts: ({ name }: RoleInfo | GroupInfo) => [name],
    sorts: {
      name: ({ name }: RoleInfo | GroupInfo) => name,
      users: ({ users }: RoleInfo | GroupInfo) => users,
    },
  };
  return [
    read("/roles", { summary: "The roles of dynamic security", answer: "Page<RoleInfo>" }, ({ query }) =>
      pageOf(rolesOf(current()), query, terms),
    ),
    read("/groups", { summary: "The groups of dynamic security", answer: "Page<GroupInfo>" }, ({ query }) =>
      pageOf(groupsOf(current()), query, terms),
    ),
    ...editRoutes({
      noun: "role",
      takes: "RoleChange",
      answer: "RoleInfo",
      all: () => rolesOf(current()),
      members: (body) => ({ acls: aclsIn(body["acls"] ?? []) }),
      accounts,
    }),
    ...editRoutes({
      noun: "group",
      takes: "GroupChange",
      answer: "GroupInfo",
      all: () => groupsOf(current()),
      members: (body) => ({ roles: (textsOf(body, "roles") ?? []).map(roleLink) }),
      accounts,
    }),
  ];
}

interface Edited {
  readonly noun: "role" | "group";
  readonly takes: string;
  readonly answer: string;
  readonly all: () => readonly (RoleInfo | GroupInfo)[];
  /** What of a body is for the command. */
  readonly members: (body: RawObject) => RawObject;
  readonly accounts: RoleRoutesDeps["accounts"];
}

function editRoutes({ noun, takes, answer, all, members, accounts }: Edited): readonly Route[] {
  const [verb, key] = noun === "role" ? (["Role", "rolename"] as const) : (["Group", "groupname"] as const);
  const find = (name: string): RoleInfo | GroupInfo => {
    const found = all().find((entry) => entry.name === name);
    if (found === undefined) throw new ApiError("not_found", `There is no ${noun} ${name}.`, "Load the list again.");
    return found;
  };
  const path = `/${noun}s/{name}`;
  return [
    read(path, { summary: `One ${noun}`, answer }, ({ param }) => find(param("name"))),
    write("POST", `/${noun}s`, { summary: `Makes a ${noun}`, takes, answer }, async ({ body, by }) => {
      const name = textOf(body, "name");
      await accounts.command([{ command: `create${verb}`, [key]: name, ...members(body) }], by);
      return { body: find(name), did: `made the ${noun} ${name}` };
    }),
    write(
      "PATCH",
      path,
      { summary: `Changes a ${noun}`, takes, answer, current: ({ param }) => find(param("name")) },
      async ({ param, body, by }) => {
        const name = param("name");
        await accounts.command([{ command: `modify${verb}`, [key]: name, ...members(body) }], by);
        return { body: find(name), did: `changed the ${noun} ${name}` };
      },
    ),
    write(
      "DELETE",
      path,
      { summary: `Takes a ${noun} away`, takes: null, answer: null, current: ({ param }) => find(param("name")) },
      async ({ param, by }) => {
        const name = param("name");
        await accounts.command([{ command: `delete${verb}`, [key]: name }], by);
        return { did: `took the ${noun} ${name} away` };
      },
    ),
  ];
}

function rolesOf({ dynsec }: Pick<Snapshot, "dynsec">): readonly RoleInfo[] {
  return (dynsec?.state?.roles.sorted() ?? []).map(({ name, acls, clients, groups }) => ({
    name,
    acls: acls.map(({ type, topic, priority, allow }) => ({ type, topic, priority, allow })),
    users: clients.size,
    groups: [...groups].map((group) => group.name),
    writable: dynsec?.isIntact === true,
  }));
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
