import { compareNames } from "./directory.ts";
import type { Client, DynsecState, Group, GroupLink, Role, RoleLink } from "./types.ts";

/*
 * Who has what is written on both sides: a client knows its roles and groups, a role and a group know who has them.
 * Everything that changes one side goes through here and changes the other as well, so that a later change of a role
 * finds everybody it concerns.
 */

/** Sorts roles as they are tried: highest priority first, then by name. */
export function rolesInOrder(links: readonly RoleLink[]): readonly RoleLink[] {
  return links.toSorted((a, b) => b.priority - a.priority || compareNames(a.role.name, b.role.name));
}

/** Gives a client these roles and no others. */
export function setClientRoles(client: Client, links: readonly RoleLink[]): void {
  for (const { role } of client.roles) role.clients.delete(client);
  client.roles = rolesInOrder(links);
  for (const { role } of client.roles) role.clients.add(client);
  client.written = null;
}

/** Gives a group these roles and no others. */
export function setGroupRoles(group: Group, links: readonly RoleLink[]): void {
  for (const { role } of group.roles) role.groups.delete(group);
  group.roles = rolesInOrder(links);
  for (const { role } of group.roles) role.groups.add(group);
  group.written = null;
}

/** Puts a client into a group in which it is not. Membership is written with the group. */
export function join(client: Client, link: GroupLink): void {
  client.groups = [...client.groups, link].toSorted(
    (a, b) => b.priority - a.priority || compareNames(a.group.name, b.group.name),
  );
  link.group.clients.add(client);
  link.group.written = null;
}

/** Takes a client out of a group. */
export function leave(client: Client, group: Group): void {
  client.groups = client.groups.filter((link) => link.group !== group);
  group.clients.remove(client);
  group.written = null;
}

/** Takes all clients out of a group. */
export function empty(group: Group): void {
  // from the end: then nothing moves up in the list, which has 50,000 places
  for (const client of group.clients.sorted().toReversed()) leave(client, group);
}

/** Takes a client out of the state. */
export function removeClient(state: DynsecState, client: Client): void {
  setClientRoles(client, []);
  for (const { group } of client.groups) leave(client, group);
  state.clients.remove(client);
}

/** Takes a group out of the state; its clients stay. */
export function removeGroup(state: DynsecState, group: Group): void {
  setGroupRoles(group, []);
  empty(group);
  state.groups.remove(group);
}

/** Takes a role out of the state and from all who have it. */
export function removeRole(state: DynsecState, role: Role): void {
  for (const client of role.clients) setClientRoles(client, withoutRole(client.roles, role));
  for (const group of role.groups) setGroupRoles(group, withoutRole(group.roles, role));
  state.roles.remove(role);
}

/** The links of a list without those to a role. */
export function withoutRole(links: readonly RoleLink[], role: Role): readonly RoleLink[] {
  return links.filter((link) => link.role !== role);
}
