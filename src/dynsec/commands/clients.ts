import { createClient } from "../entries.ts";
import { readClientIds, readMaxConnections, readVariables } from "../extensions.ts";
import { limitsJson, given, priorityJson, roleLinksJson, textsJson } from "../format-file.ts";
import { join, leave, removeClient, setClientRoles, withoutRole } from "../links.ts";
import { membersOf, NO_MEMBERS, priorityOf } from "../members.ts";
import type { Members } from "../members.ts";
import { storedPassword } from "../passwords.ts";
import type { Client, GroupLink, StoredPassword } from "../types.ts";
import {
  change,
  clientOf,
  CommandError,
  optionalText,
  page,
  question,
  requiredName,
  roleOf,
  textsOf,
  isUtf8,
} from "./command.ts";
import type { Command, CommandContext } from "./command.ts";
import { readRoles } from "./role-lists.ts";

const BAD_ROLES = "'roles' not an array or missing/invalid rolename";

/** The commands about clients, by name. */
export const CLIENT_COMMANDS = {
  createClient: change(create),
  deleteClient: change((context, members) => {
    const client = clientOf(context, members);
    context.effects.user(client.name, "login");
    removeClient(context.state, client);
  }),
  getClient: question((context, members) => ({ client: clientJson(context, clientOf(context, members)) })),
  listClients: question((context, members) => {
    const { totalCount, entries } = page(context.state.clients.sorted(), members, (client) =>
      clientJson(context, client),
    );
    return { totalCount, clients: entries };
  }),
  modifyClient: change(modify),
  setClientPassword: change((context, members) => {
    const username = requiredName(members, "username", "Username");
    const password = members.text("password");
    if (password === null) throw new CommandError("Invalid/missing password");
    if (password === "") throw new CommandError("Empty password is not allowed");
    const client = clientOf(context, members);
    client.password = hashed(context, members);
    client.written = null;
    context.effects.user(username, "login");
  }),
  setClientId: change((context, members) => {
    const clientId = readClientId(members, "client ID");
    const client = clientOf(context, members);
    client.clientId = clientId ?? null;
    client.written = null;
    context.effects.user(client.name, "login");
  }),
  enableClient: change((context, members) => {
    const client = clientOf(context, members);
    client.disabled = false;
    client.written = null;
  }),
  disableClient: change((context, members) => {
    const client = clientOf(context, members);
    client.disabled = true;
    client.written = null;
    context.effects.user(client.name, "login");
  }),
  addClientRole: change((context, members) => {
    requiredName(members, "username", "Username");
    requiredName(members, "rolename", "Role name");
    const client = clientOf(context, members);
    const role = roleOf(context, members);
    // Mosquitto has no better word for it
    if (client.roles.some((link) => link.role === role)) throw new CommandError("Internal error");
    setClientRoles(client, [...client.roles, { role, priority: priorityOf(members, -1), extra: NO_MEMBERS }]);
    context.effects.user(client.name, "rights");
  }),
  removeClientRole: change((context, members) => {
    requiredName(members, "username", "Username");
    requiredName(members, "rolename", "Role name");
    const client = clientOf(context, members);
    setClientRoles(client, withoutRole(client.roles, roleOf(context, members)));
    context.effects.user(client.name, "rights");
  }),
} as const satisfies Record<string, Command>;

function create(context: CommandContext, members: Members): void {
  const { state } = context;
  const username = requiredName(members, "username", "Username");
  if (username === "") throw new CommandError("Empty username");
  const client = createClient(username);
  const set = readSettings(context, members);
  if (state.clients.get(username) !== undefined) throw new CommandError("Client already exists");
  const roles = readRoles(context, members, BAD_ROLES) ?? [];
  const groups = readGroups(context, members, { unknown: "Group not found" }) ?? [];
  set(client);
  setClientRoles(client, roles);
  state.clients.add(client);
  for (const link of groups) join(client, link);
}

function modify(context: CommandContext, members: Members): void {
  const client = clientOf(context, members);
  const set = readSettings(context, members);
  const roles = readRoles(context, members, BAD_ROLES);
  const unknown = "'groups' contains an object with a 'groupname' that does not exist";
  const groups = readGroups(context, members, { unknown });
  set(client);
  if (roles !== undefined) setClientRoles(client, roles);
  if (groups !== undefined) {
    for (const { group } of client.groups) leave(client, group);
    for (const link of groups) join(client, link);
  }
  const isLogin = ["password", "clientid", "clientids"].some((member) => members.get(member) !== undefined);
  context.effects.user(client.name, isLogin ? "login" : "rights");
}

/** Checks the members that createClient and modifyClient share, and returns what sets them. */
function readSettings(context: CommandContext, members: Members): (client: Client) => void {
  const password = optionalText(members, "password");
  const clientId = readClientId(members, "client id");
  const setTexts = textsOf(members);
  const clientIds = readClientIds(members);
  const maxConnections = readMaxConnections(members);
  const variables = readVariables(members);
  for (const [member, value] of Object.entries({ clientids: clientIds, maxconnections: maxConnections, variables })) {
    if (value === null && members.get(member) !== null) throw new CommandError(`Invalid ${member}`);
  }
  // an empty one is no password: of a new client it makes one that cannot log in
  const stored = password === undefined || password === "" ? null : hashed(context, members);
  return (client) => {
    setTexts(client);
    if (stored !== null) client.password = stored;
    if (clientId !== undefined) client.clientId = clientId;
    if (clientIds !== undefined) client.clientIds = clientIds;
    if (maxConnections !== undefined) client.maxConnections = maxConnections;
    if (variables !== undefined) client.variables = variables ?? new Map();
  };
}

/** An empty one takes the client id away. */
function readClientId(members: Members, label: string): string | null | undefined {
  const clientId = optionalText(members, "clientid", label);
  if (clientId === undefined) return undefined;
  if (!isUtf8(clientId)) throw new CommandError("Client ID not valid UTF-8");
  return clientId === "" ? null : clientId;
}

function hashed(context: CommandContext, members: Members): StoredPassword {
  const hash = context.hashOf(members);
  if (hash === null) throw new CommandError("Invalid/missing password");
  return storedPassword(hash);
}

function readGroups(
  { state }: CommandContext,
  members: Members,
  { unknown }: { readonly unknown: string },
): readonly GroupLink[] | undefined {
  if (members.get("groups") === undefined) return undefined;
  const links = new Map<string, GroupLink>();
  for (const entry of members.list("groups")) {
    const link = membersOf(entry);
    const name = link.text("groupname");
    if (name === null) throw new CommandError("'groups' contains an object with an invalid 'groupname'");
    const group = state.groups.get(name);
    if (group === undefined) throw new CommandError(unknown);
    if (!links.has(name)) links.set(name, { group, priority: priorityOf(link, -1), extra: NO_MEMBERS });
  }
  return [...links.values()];
}

function clientJson({ connections }: CommandContext, client: Client): object {
  return {
    username: client.name,
    ...given("clientid", client.clientId),
    ...textsJson(client),
    ...(client.disabled ? { disabled: true } : {}),
    ...limitsJson(client),
    roles: roleLinksJson(client.roles),
    groups: client.groups.map(({ group, priority }) => ({ groupname: group.name, ...priorityJson(priority) })),
    connections: connections(client.name).map((address) => ({ address })),
  };
}
