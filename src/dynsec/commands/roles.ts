import { filterFault } from "../../core/topic.ts";
import { aclJson, aclTypeOf, inOrder, readAcls } from "../acls.ts";
import { createRole } from "../entries.ts";
import { readMaxPublishRate } from "../extensions.ts";
import { given, textsJson } from "../format-file.ts";
import { removeRole } from "../links.ts";
import { NO_MEMBERS, priorityOf } from "../members.ts";
import type { Members } from "../members.ts";
import { roleChanged } from "../role-rules.ts";
import type { Acl, AclType, Role } from "../types.ts";
import { aclTopic, change, CommandError, isUtf8, page, question, requiredName, roleOf, textsOf } from "./command.ts";
import type { Command, CommandContext } from "./command.ts";

/** The commands about roles, by name. */
export const ROLE_COMMANDS = {
  createRole: change(create),
  deleteRole: change((context, members) => {
    const role = roleOf(context, members);
    context.effects.role(role);
    removeRole(context.state, role);
  }),
  getRole: question((context, members) => ({ role: roleJson(roleOf(context, members)) })),
  listRoles: question(({ state }, members) => {
    const { totalCount, entries } = page(state.roles.sorted(), members, roleJson);
    return { totalCount, roles: entries };
  }),
  modifyRole: change(modify),
  addRoleACL: change((context, members) => {
    const role = roleOf(context, members);
    const { type, topic } = entryOf(members);
    if (find(role, type, topic) !== undefined) throw new CommandError("ACL with this topic already exists");
    const priority = priorityOf(members, 0);
    const acl: Acl = { type, topic, priority, allow: members.flag("allow", false), extra: NO_MEMBERS };
    role.acls = inOrder([...role.acls, acl]);
    roleChanged(role);
    context.effects.role(role);
  }),
  removeRoleACL: change((context, members) => {
    const role = roleOf(context, members);
    const { type, topic } = entryOf(members);
    const acl = find(role, type, topic);
    if (acl === undefined) throw new CommandError("ACL not found");
    role.acls = role.acls.filter((one) => one !== acl);
    roleChanged(role);
    context.effects.role(role);
  }),
} as const satisfies Record<string, Command>;

function create(context: CommandContext, members: Members): void {
  const { state } = context;
  const rolename = requiredName(members, "rolename", "Role name");
  if (rolename === "") throw new CommandError("Empty rolename");
  const set = readSettings(members);
  if (state.roles.get(rolename) !== undefined) throw new CommandError("Role already exists");
  const acls = aclsOf(members);
  const role = createRole(rolename);
  set(role);
  role.acls = acls ?? [];
  state.roles.add(role);
}

function modify(context: CommandContext, members: Members): void {
  const role = roleOf(context, members, "Role does not exist");
  const set = readSettings(members);
  const acls = aclsOf(members);
  const before = { ...role };
  set(role);
  if (acls !== undefined) {
    role.acls = acls;
    role.foreignAcls = [];
  }
  roleChanged(role);
  const isOther = role.allowWildcardSubs !== before.allowWildcardSubs || role.maxPublishRate !== before.maxPublishRate;
  if (acls !== undefined || isOther) context.effects.role(role);
}

/** Checks the members that createRole and modifyRole share, and returns what sets them. */
function readSettings(members: Members): (role: Role) => void {
  const setTexts = textsOf(members);
  const wildcards = members.get("allowwildcardsubs");
  if (wildcards !== undefined && typeof wildcards !== "boolean") throw new CommandError("Invalid allowwildcardsubs");
  const rate = readMaxPublishRate(members);
  if (rate === null && members.get("maxpublishrate") !== null) throw new CommandError("Invalid maxpublishrate");
  return (role) => {
    setTexts(role);
    if (wildcards !== undefined) role.allowWildcardSubs = wildcards;
    if (rate !== undefined) role.maxPublishRate = rate;
  };
}

/** Entries of unknown types are passed over, as Mosquitto does; a topic that could match nothing is an error. */
function aclsOf(members: Members): readonly Acl[] | undefined {
  if (!Array.isArray(members.get("acls"))) return undefined;
  const { acls } = readAcls(members.list("acls"));
  for (const { topic } of acls) {
    if (!isUtf8(topic)) throw new CommandError("Topic not valid UTF-8");
    if (filterFault(topic) !== null) throw new CommandError("Invalid ACL topic");
  }
  return acls.map((acl) => ({ ...acl, extra: NO_MEMBERS }));
}

function entryOf(members: Members): { readonly type: AclType; readonly topic: string } {
  const word = members.text("acltype");
  if (word === null) throw new CommandError("Invalid/missing acltype");
  const type = aclTypeOf(word);
  if (type === null) throw new CommandError("Unknown acltype");
  return { type, topic: aclTopic(members) };
}

function find(role: Role, type: AclType, topic: string): Acl | undefined {
  return role.acls.find((acl) => acl.type === type && acl.topic === topic);
}

function roleJson(role: Role): object {
  return {
    rolename: role.name,
    ...textsJson(role),
    allowwildcardsubs: role.allowWildcardSubs,
    ...given("maxpublishrate", role.maxPublishRate),
    acls: role.acls.map(aclJson),
  };
}
