import { membersOf, NO_MEMBERS, priorityOf } from "../members.ts";
import type { Members } from "../members.ts";
import type { RoleLink } from "../types.ts";
import { CommandError, isUtf8 } from "./command.ts";
import type { CommandContext } from "./command.ts";

/**
 * Reads `"roles":[{"rolename":"r","priority":5}]` of a command; undefined: there is no such list. Of two for a role the
 * first counts. `invalid` is what a list that makes no sense is answered with.
 */
export function readRoles(context: CommandContext, members: Members, invalid: string): readonly RoleLink[] | undefined {
  const value = members.get("roles");
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new CommandError(invalid);
  const links = new Map<string, RoleLink>();
  for (const entry of value) {
    const link = membersOf(entry);
    const name = link.text("rolename");
    if (name === null || !isUtf8(name)) throw new CommandError(invalid);
    const role = context.state.roles.get(name);
    if (role === undefined) throw new CommandError("Role not found");
    if (!links.has(name)) links.set(name, { role, priority: priorityOf(link, -1), extra: NO_MEMBERS });
  }
  return [...links.values()];
}
