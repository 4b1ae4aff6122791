import { messageOf } from "../core/errors.ts";
import { jsonFaultLine } from "../core/json-line.ts";
import { placeOf } from "../core/problem.ts";
import { isRawObject } from "../core/raw-object.ts";
import { filterFault } from "../core/topic.ts";
import type { Problem } from "../core/types.ts";
import { readAcls } from "./acls.ts";
import { createClient, createGroup, createRole, emptyState } from "./entries.ts";
import { readClientIds, readMaxConnections, readMaxPublishRate, readVariables } from "./extensions.ts";
import { createFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import { join, setClientRoles, setGroupRoles } from "./links.ts";
import { membersOf, priorityOf } from "./members.ts";
import type { Members } from "./members.ts";
import { readPassword } from "./passwords.ts";
import type { Client, DynsecState, Entry, Group, ParsedDynsec, RoleLink } from "./types.ts";

const FILE_MEMBERS = new Set(["changeindex", "defaultaclaccess", "clients", "groups", "anonymousgroup", "roles"]);
const CLIENT_MEMBERS = new Set(
  // "groups" within a client says nothing: membership is written with the group
  (
    "username textname textdescription clientid clientids maxconnections variables disabled roles groups " +
    "password salt iterations encoded_password"
  ).split(" "),
);
const GROUP_MEMBERS = new Set(["groupname", "textname", "textdescription", "variables", "roles", "clients"]);
const ROLE_MEMBERS = new Set("rolename textname textdescription allowwildcardsubs maxpublishrate acls".split(" "));
const ROLE_LINK_MEMBERS = new Set(["rolename", "priority"]);
const GROUP_LINK_MEMBERS = new Set(["username", "priority"]);

/**
 * Reads a dynamic-security file of Mosquitto 2.0 or 2.1. Names of members count whatever their case; members that are
 * not known are kept. What cannot be used is left out with a warning, except a text that is no JSON: then there is
 * no state, and the file must not be overwritten.
 *
 *     { "defaultACLAccess": {"publishClientSend":false, ...}, "clients": [{"username":"cam", "roles":[...], ...}],
 *       "groups": [{"groupname":"cams", "clients":[{"username":"cam"}]}], "anonymousGroup": "guests",
 *       "roles": [{"rolename":"r", "acls":[{"acltype":"publishClientSend","topic":"a/#","priority":0,"allow":true}]}] }
 */
export function parseDynsec(text: string, file: string): ParsedDynsec {
  const source = text.replace(/^\uFEFF/, "");
  let value: unknown;
  try {
    value = source.trim() === "" ? {} : JSON.parse(source);
  } catch (error) {
    return unusable(file, jsonFaultLine(source, messageOf(error)), "this is not valid JSON.");
  }
  if (!isRawObject(value)) return unusable(file, null, "it must be one JSON object.");
  const members = membersOf(value);
  const wrong = wrongKind(members);
  if (wrong !== null) return unusable(file, null, wrong);
  const faults = createFaults(file);
  const state = emptyState(file, members.except(FILE_MEMBERS));
  state.changeIndex = Math.max(0, members.integer("changeindex", 0));
  state.defaultAccess = readDefaultAccess(membersOf(members.get("defaultaclaccess")));
  for (const role of members.list("roles")) readRole(state, membersOf(role), faults);
  for (const client of members.list("clients")) readClient(state, membersOf(client), faults);
  for (const group of members.list("groups")) readGroup(state, membersOf(group), faults);
  readAnonymousGroup(state, members.text("anonymousgroup"), faults);
  return { state, problems: faults.problems() };
}

/** What is there but of another kind would be gone after the next change, so such a file is not used at all. */
function wrongKind(members: Members): string | null {
  for (const name of ["clients", "groups", "roles"]) {
    const value = members.get(name);
    if (value !== undefined && !Array.isArray(value)) return `"${name}" must be a list.`;
  }
  const access = members.get("defaultaclaccess");
  return access === undefined || isRawObject(access) ? null : '"defaultACLAccess" must be an object.';
}

function unusable(file: string, line: number | null, what: string): ParsedDynsec {
  const where = line === null ? { file } : { file, line };
  const problem: Problem = {
    severity: "error",
    what: `${placeOf(where)}: ${what}`,
    now: "The file is left as it is, and changes by dynamic security commands are refused.",
    fix: "Correct the file, or put back a copy of it.",
    where,
  };
  return { state: null, problems: [problem] };
}

function readDefaultAccess(members: Members): DynsecState["defaultAccess"] {
  return {
    publishClientSend: members.flag("publishclientsend", false),
    publishClientReceive: members.flag("publishclientreceive", false),
    subscribe: members.flag("subscribe", false),
    unsubscribe: members.flag("unsubscribe", false),
  };
}

function readRole(state: DynsecState, members: Members, faults: Faults): void {
  const name = readName(members, "rolename", state.roles, "role", faults);
  if (name === null) return;
  const role = createRole(name, members.except(ROLE_MEMBERS));
  readTexts(role, members);
  const { acls, foreign, doubles } = readAcls(members.list("acls"));
  role.acls = acls;
  role.foreignAcls = foreign;
  role.allowWildcardSubs = readFlag(members, "allowwildcardsubs", { missing: true, senseless: false }, () =>
    faults.badValue("role", name, "allowwildcardsubs", "Filters with wildcards are refused.", "Write true or false."),
  );
  const rate = readMaxPublishRate(members);
  if (rate === null) faults.badValue("role", name, "maxpublishrate", "There is no limit.", "Write a number above 0.");
  role.maxPublishRate = rate ?? null;
  for (const { type, topic } of acls) {
    const fault = filterFault(topic);
    if (fault !== null) faults.badTopic(name, type, topic, fault);
  }
  for (const entry of foreign) faults.foreignAcl(name, membersOf(entry).text("acltype"));
  for (const { type, topic } of doubles) faults.doubleAcl(name, type, topic);
  state.roles.add(role);
}

function readClient(state: DynsecState, members: Members, faults: Faults): void {
  const name = readName(members, "username", state.clients, "client", faults);
  if (name === null) return;
  const client = createClient(name, members.except(CLIENT_MEMBERS));
  readTexts(client, members);
  client.password = readPassword(members);
  if (client.password !== null && client.password.hash === null) faults.badPassword(name);
  client.clientId = members.text("clientid");
  client.disabled = readFlag(members, "disabled", { missing: false, senseless: true }, () =>
    faults.badValue("client", name, "disabled", "It cannot log in.", "Write true or false."),
  );
  readLimits(client, members, faults);
  setClientRoles(client, readRoleLinks(state, members, `client "${name}"`, faults));
  state.clients.add(client);
}

/** What makes no sense closes: no client id fits, one connection, no variables. */
function readLimits(client: Client, members: Members, faults: Faults): void {
  const { name } = client;
  const clientIds = readClientIds(members);
  if (clientIds === null) {
    faults.badValue(
      "client",
      name,
      "clientids",
      "It cannot log in.",
      'Write a list of names, such as ["plug-1","cam-*"].',
    );
  }
  const only = members.get("clientid") ?? "";
  if (typeof only !== "string") {
    faults.badValue("client", name, "clientid", "It cannot log in.", "Write the client id in quotation marks.");
  }
  client.clientIds = clientIds === null || typeof only !== "string" ? [] : (clientIds ?? null);
  const maxConnections = readMaxConnections(members);
  if (maxConnections === null) {
    faults.badValue("client", name, "maxconnections", "One connection is allowed.", "Write a whole number from 1 on.");
  }
  client.maxConnections = maxConnections === null ? 1 : (maxConnections ?? null);
  client.variables = readVariablesOf("client", client, members, faults);
}

function readGroup(state: DynsecState, members: Members, faults: Faults): void {
  const name = readName(members, "groupname", state.groups, "group", faults);
  if (name === null) return;
  const group = createGroup(name, members.except(GROUP_MEMBERS));
  readTexts(group, members);
  group.variables = readVariablesOf("group", group, members, faults);
  setGroupRoles(group, readRoleLinks(state, members, `group "${name}"`, faults));
  for (const value of members.list("clients")) {
    const link = membersOf(value);
    const username = link.text("username") ?? "";
    const client = state.clients.get(username);
    if (client === undefined) faults.missing(`group "${name}"`, "client", username);
    else if (group.clients.get(username) === undefined) {
      join(client, { group, priority: priorityOf(link, -1), extra: link.except(GROUP_LINK_MEMBERS) });
    }
  }
  state.groups.add(group);
}

/** Reads what must not open anything by a slip: of the wrong kind it counts as the stricter one. */
function readFlag(
  members: Members,
  member: string,
  { missing, senseless }: { readonly missing: boolean; readonly senseless: boolean },
  warn: () => void,
): boolean {
  const value = members.get(member) ?? missing;
  if (typeof value === "boolean") return value;
  warn();
  return senseless;
}

function readAnonymousGroup(state: DynsecState, name: string | null, faults: Faults): void {
  if (name === null || name === "") return;
  state.anonymousGroup = state.groups.get(name) ?? null;
  if (state.anonymousGroup === null) faults.missing("anonymousGroup", "group", name);
}

/** Reads a name that is not taken yet; null: this entry is left out. */
function readName(
  members: Members,
  member: string,
  taken: { get(name: string): unknown },
  noun: string,
  faults: Faults,
): string | null {
  const name = members.text(member) ?? "";
  if (name === "") faults.nameless(noun, member);
  else if (taken.get(name) !== undefined) faults.doubleName(noun, name);
  else return name;
  return null;
}

function readTexts(entry: Entry, members: Members): void {
  entry.textName = members.text("textname");
  entry.textDescription = members.text("textdescription");
}

function readVariablesOf(
  noun: string,
  { name }: Client | Group,
  members: Members,
  faults: Faults,
): ReadonlyMap<string, string> {
  const variables = readVariables(members);
  if (variables === null) {
    const fix = 'Write names and texts without wildcards, such as {"room":"kitchen"}.';
    faults.badValue(noun, name, "variables", "It has none.", fix);
  }
  return variables ?? new Map();
}

function readRoleLinks(state: DynsecState, members: Members, holder: string, faults: Faults): readonly RoleLink[] {
  const links = new Map<string, RoleLink>();
  for (const value of members.list("roles")) {
    const link = membersOf(value);
    const name = link.text("rolename") ?? "";
    const role = state.roles.get(name);
    if (role === undefined) faults.missing(holder, "role", name);
    else if (!links.has(name)) {
      links.set(name, { role, priority: priorityOf(link, -1), extra: link.except(ROLE_LINK_MEMBERS) });
    }
  }
  return [...links.values()];
}
