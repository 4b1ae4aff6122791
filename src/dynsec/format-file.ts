import { setImmediate } from "node:timers/promises";
import { aclJson } from "./acls.ts";
import type { Client, Directory, DynsecState, Entry, Group, Role, RoleLink } from "./types.ts";

/**
 * Writes a state as the file of Mosquitto 2.1, entries sorted by name. The text of an entry is kept until it changes,
 * so that one change among 50,000 clients makes one text anew.
 */
export function formatDynsec(state: DynsecState): readonly string[] {
  const { changeIndex, defaultAccess, anonymousGroup, extra } = state;
  const head = { changeIndex, defaultACLAccess: defaultAccess };
  const parts = [`{\n\t${inner(head)},\n`];
  parts.push(...section("clients", state.clients, clientJson), ",\n");
  parts.push(...section("groups", state.groups, groupJson), ",\n");
  if (anonymousGroup !== null) parts.push(`\t"anonymousGroup": ${JSON.stringify(anonymousGroup.name)},\n`);
  parts.push(...section("roles", state.roles, roleJson));
  const others = inner(extra);
  parts.push(others === "" ? "\n}\n" : `,\n\t${others}\n}\n`);
  return parts;
}

/**
 * Makes the texts that are missing, in steps between which the event loop gets its turn; after a start these are all.
 * What changes meanwhile is left to `formatDynsec`.
 */
export async function prepareTexts(state: DynsecState): Promise<void> {
  const steps = makeTexts(state);
  let until = performance.now() + MAX_STEP_MS;
  while (steps.next().done !== true) {
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + MAX_STEP_MS;
  }
}

const MAX_STEP_MS = 10;

/** One text a step. */
function* makeTexts({ clients, groups, roles }: DynsecState): Generator<string> {
  for (const client of clients.sorted()) yield textOf(client, clientJson);
  for (const group of groups.sorted()) yield textOf(group, groupJson);
  for (const role of roles.sorted()) yield textOf(role, roleJson);
}

function textOf<T extends Entry>(entry: T, json: (entry: T) => object): string {
  entry.written ??= indented(JSON.stringify(json(entry), null, "\t"));
  return entry.written;
}

/** The roles of a client or group, as the file and the replies have them. A priority that is the usual one is left out. */
export function roleLinksJson(links: readonly RoleLink[]): readonly object[] {
  return links.map(({ role, priority, extra }) => ({ rolename: role.name, ...priorityJson(priority), ...extra }));
}

/** `{"priority":5}`, or nothing when it is the usual one. */
export function priorityJson(priority: number): object {
  return priority === -1 ? {} : { priority };
}

/** What client, group and role have in common, as far as they have it. */
export function textsJson({ textName, textDescription }: Entry): object {
  return { ...given("textname", textName), ...given("textdescription", textDescription) };
}

/** The extension members of a client, as far as it has them. */
export function limitsJson({ clientIds, maxConnections, variables }: Client): object {
  return {
    ...given("clientids", clientIds),
    ...given("maxconnections", maxConnections),
    ...variablesJson(variables),
  };
}

/** `{"variables":{"room":"kitchen"}}`, or nothing. */
export function variablesJson(variables: ReadonlyMap<string, string>): object {
  return variables.size === 0 ? {} : { variables: Object.fromEntries(variables) };
}

/** `{"name":value}`, or nothing for null. */
export function given(name: string, value: unknown): object {
  return value === null ? {} : { [name]: value };
}

function* section<T extends Entry>(name: string, entries: Directory<T>, json: (entry: T) => object): Generator<string> {
  yield `\t"${name}": [`;
  let separator = "";
  for (const entry of entries.sorted()) {
    yield `${separator}${textOf(entry, json)}`;
    separator = ", ";
  }
  yield "]";
}

/** The members of an object without its braces, one a line. */
function inner(value: object): string {
  return JSON.stringify(value, null, "\t").slice(1, -1).trim();
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n\t\t");
}

function clientJson(client: Client): object {
  return {
    username: client.name,
    ...given("clientid", client.clientId),
    ...textsJson(client),
    ...(client.disabled ? { disabled: true } : {}),
    ...limitsJson(client),
    roles: roleLinksJson(client.roles),
    ...client.password?.members,
    ...client.extra,
  };
}

function groupJson(group: Group): object {
  const clients = group.clients.sorted().map((client) => {
    const link = client.groups.find((one) => one.group === group);
    return { username: client.name, ...priorityJson(link?.priority ?? -1), ...link?.extra };
  });
  return {
    groupname: group.name,
    ...textsJson(group),
    ...variablesJson(group.variables),
    roles: roleLinksJson(group.roles),
    clients,
    ...group.extra,
  };
}

function roleJson(role: Role): object {
  return {
    rolename: role.name,
    ...textsJson(role),
    allowwildcardsubs: role.allowWildcardSubs,
    ...given("maxpublishrate", role.maxPublishRate),
    acls: [...role.acls.map(aclJson), ...role.foreignAcls],
    ...role.extra,
  };
}
