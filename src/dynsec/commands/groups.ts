import { createGroup } from "../entries.ts";
import { readVariables } from "../extensions.ts";
import { roleLinksJson, textsJson, variablesJson } from "../format-file.ts";
import { empty, join, leave, removeGroup, setGroupRoles, withoutRole } from "../links.ts";
import { membersOf, NO_MEMBERS, priorityOf } from "../members.ts";
import type { Members } from "../members.ts";
import type { Client, Group } from "../types.ts";
import { change, clientOf, CommandError, groupOf, page, question, requiredName, roleOf, textsOf } from "./command.ts";
import type { Command, CommandContext } from "./command.ts";
import { readRoles } from "./role-lists.ts";

/** The commands about groups, by name. */
export const GROUP_COMMANDS = {
  createGroup: change(create),
  deleteGroup: change((context, members) => {
    const group = groupOf(context, members);
    if (group === context.state.anonymousGroup) throw new CommandError("Deleting the anonymous group is forbidden");
    context.effects.group(group);
    removeGroup(context.state, group);
  }),
  getGroup: question((context, members) => ({ group: groupJson(groupOf(context, members)) })),
  listGroups: question(({ state }, members) => {
    const { totalCount, entries } = page(state.groups.sorted(), members, groupJson);
    return { totalCount, groups: entries };
  }),
  modifyGroup: change(modify),
  addGroupClient: change((context, members) => {
    const { client, group } = memberOf(context, members);
    // also when it is one already: Mosquitto lets go of it before it looks
    context.effects.user(client.name, "rights");
    if (group.clients.get(client.name) !== undefined) throw new CommandError("Client is already in this group");
    join(client, { group, priority: priorityOf(members, -1), extra: NO_MEMBERS });
  }),
  removeGroupClient: change((context, members) => {
    const { client, group } = memberOf(context, members);
    leave(client, group);
    context.effects.user(client.name, "rights");
  }),
  addGroupRole: change((context, members) => {
    requiredName(members, "groupname", "Group name");
    requiredName(members, "rolename", "Role name");
    const group = groupOf(context, members);
    const role = roleOf(context, members);
    if (group.roles.some((link) => link.role === role)) throw new CommandError("Group is already in this role");
    setGroupRoles(group, [...group.roles, { role, priority: priorityOf(members, -1), extra: NO_MEMBERS }]);
    context.effects.group(group);
  }),
  removeGroupRole: change((context, members) => {
    requiredName(members, "groupname", "Group name");
    requiredName(members, "rolename", "Role name");
    const group = groupOf(context, members);
    setGroupRoles(group, withoutRole(group.roles, roleOf(context, members)));
    context.effects.group(group);
  }),
  setAnonymousGroup: change((context, members) => {
    context.state.anonymousGroup = groupOf(context, members);
    context.effects.anonymous();
  }),
  getAnonymousGroup: question(({ state }) => ({ group: { groupname: state.anonymousGroup?.name ?? "" } })),
} as const satisfies Record<string, Command>;

function create(context: CommandContext, members: Members): void {
  const { state } = context;
  const groupname = requiredName(members, "groupname", "Group name");
  if (groupname === "") throw new CommandError("Empty groupname");
  const setTexts = textsOf(members);
  const setVariables = variablesOf(members);
  if (state.groups.get(groupname) !== undefined) throw new CommandError("Group already exists");
  // Mosquitto has no better word for it
  const roles = readRoles(context, members, "Internal error") ?? [];
  const group = createGroup(groupname);
  setTexts(group);
  setVariables(group);
  setGroupRoles(group, roles);
  state.groups.add(group);
}

function modify(context: CommandContext, members: Members): void {
  const group = groupOf(context, members);
  const setTexts = textsOf(members);
  const setVariables = variablesOf(members);
  const roles = readRoles(context, members, "'roles' not an array or missing/invalid rolename");
  const clients = readClients(context, members);
  context.effects.group(group);
  setTexts(group);
  setVariables(group);
  if (roles !== undefined) setGroupRoles(group, roles);
  if (clients !== undefined) {
    empty(group);
    for (const [client, priority] of clients) join(client, { group, priority, extra: NO_MEMBERS });
  }
  context.effects.group(group);
}

/** Checks the variables of a command, and returns what sets them. */
function variablesOf(members: Members): (group: Group) => void {
  const variables = readVariables(members);
  if (variables === null && members.get("variables") !== null) throw new CommandError("Invalid variables");
  return (group) => {
    if (variables !== undefined) group.variables = variables ?? new Map();
  };
}

function memberOf(context: CommandContext, members: Members): { readonly client: Client; readonly group: Group } {
  requiredName(members, "username", "Username");
  requiredName(members, "groupname", "Group name");
  return { client: clientOf(context, members), group: groupOf(context, members) };
}

function readClients({ state }: CommandContext, members: Members): ReadonlyMap<Client, number> | undefined {
  if (members.get("clients") === undefined) return undefined;
  const clients = new Map<Client, number>();
  for (const entry of members.list("clients")) {
    const link = membersOf(entry);
    const name = link.text("username");
    if (name === null) throw new CommandError("'clients' contains an object with an invalid 'username'");
    const client = state.clients.get(name);
    if (client === undefined) {
      throw new CommandError("'clients' contains an object with a 'username' that does not exist");
    }
    if (!clients.has(client)) clients.set(client, priorityOf(link, -1));
  }
  return clients;
}

function groupJson(group: Group): object {
  return {
    groupname: group.name,
    ...textsJson(group),
    ...variablesJson(group.variables),
    clients: group.clients.sorted().map(({ name }) => ({ username: name })),
    roles: roleLinksJson(group.roles),
  };
}
