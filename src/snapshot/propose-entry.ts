import type { Suggestion } from "../core/api/access.ts";
import type { RawObject } from "../core/raw-object.ts";
import type { RuleTrial } from "../core/types.ts";
import { aclText } from "../dynsec/role-rules.ts";
import { isDefaultTrial } from "../dynsec/trials.ts";
import type { AclType, Client, DynsecState, Role } from "../dynsec/types.ts";
import { hasVariables } from "../dynsec/variables.ts";
import type { Question } from "./explain.ts";
import type { Proposal } from "./propose-rule.ts";
import type { DynsecMoment } from "./types.ts";

/** A command of dynamic security: {"command": "addRoleACL", ...}. */
export type DynsecCommand = RawObject & { readonly command: string };

const TYPES = {
  publish: "publishClientSend",
  receive: "publishClientReceive",
  // letter for letter: the smallest that there is
  subscribe: "subscribeLiteral",
} as const satisfies Record<Question["action"], AclType>;

/**
 * Finds the access entry that would allow it, for a client of dynamic security that no role denies it. It goes into a role
 * that this client has alone, or into a new one.
 */
export function proposeEntry(
  { state, isIntact }: DynsecMoment,
  { identity: { username }, action, topic }: Question,
  deciding: RuleTrial | null,
): Proposal | null {
  const client = state === null || username === null ? undefined : state.clients.get(username);
  if (state === null || client === undefined || client.disabled) return null;
  // an entry that denies it would still stand before the new one, or beside it with the same right
  if (deciding !== null && !isDefaultTrial(deciding)) return null;
  // as a part of an entry they would stand for the client's name; no entry opens what the broker keeps for itself
  if (hasVariables(topic) || /^\$(?:SYS|share|CONTROL)/.test(topic)) return null;
  const type = TYPES[action];
  const entry = { acltype: type, topic, priority: -1, allow: true };
  const role = ownRole(client);
  const name = role?.name ?? freeName(state, client.name);
  const commands: readonly DynsecCommand[] =
    role === null
      ? [
          { command: "createRole", rolename: name, acls: [entry] },
          { command: "addClientRole", username: client.name, rolename: name, priority: -1 },
        ]
      : [{ command: "addRoleACL", rolename: name, ...entry }];
  const add = `${type} ${topic}`;
  const before: Suggestion["diff"] = (role?.acls ?? []).map((acl) => ({
    kind: "same",
    text: `${aclText(acl)}, ${acl.allow ? "allow" : "deny"}`,
  }));
  const diff: Suggestion["diff"] = [...before, { kind: "added", text: `${add}, allow` }];
  const target = { name, isNew: role === null, entry: { type, topic, priority: -1, allow: true } };
  return { suggestion: { add, to: `role ${name}`, writable: isIntact, diff, role: target }, commands };
}

/** The first role that nobody else has. */
function ownRole({ roles }: Client): Role | null {
  return roles.find(({ role }) => role.clients.size === 1 && role.groups.size === 0)?.role ?? null;
}

function freeName(state: DynsecState, username: string): string {
  let name = username;
  for (let count = 2; state.roles.get(name) !== undefined; count++) name = `${username}-${count}`;
  return name;
}
