import { filterFault } from "../../core/topic.ts";
import type { AccessRule, Action } from "../../core/types.ts";

/** Topics and what may be done with them; whatever no permission names is denied. */
export interface Permission {
  /** A topic filter: "home/+/temperature". */
  readonly resource: string;
  readonly operation: "read" | "write" | "readWrite";
}

/** Permissions under a name, for many users. */
export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** What somebody is granted: by name, for itself, or both. */
export interface Grantee {
  readonly roles?: readonly string[];
  readonly permissions?: readonly Permission[];
}

const ACTIONS: Readonly<Record<Permission["operation"], readonly Action[]>> = {
  read: ["subscribe", "receive"],
  write: ["publish"],
  readWrite: ["publish", "subscribe", "receive"],
};

/**
 * Makes the rules of one user: those of its roles and its own, all of which allow. Null: neither is written, so rules
 * elsewhere say what it may do; an empty list allows nothing.
 * @throws Error when a role is not there or a resource is no topic filter; names are left out.
 */
export function rulesOf({ roles, permissions }: Grantee, known: readonly Role[]): readonly AccessRule[] | null {
  if (roles === undefined && permissions === undefined) return null;
  const own = (permissions ?? []).map((permission) => ruleOf(permission, null));
  const given = (roles ?? []).flatMap((name) => {
    const role = known.find((role) => role.name === name);
    if (role === undefined) throw new Error("a role that is not among the roles");
    return role.permissions.map((permission) => ruleOf(permission, name));
  });
  return [...given, ...own];
}

function ruleOf({ resource, operation }: Permission, role: string | null): AccessRule {
  if (filterFault(resource) !== null) throw new Error("a permission whose resource is no topic filter");
  return {
    effect: "allow",
    who: { kind: "everyone" },
    actions: ACTIONS[operation],
    filter: resource,
    placeholders: false,
    text: `${operation} ${resource}`,
    origin: { file: role === null ? "the permissions of its user" : `the role ${role}` },
  };
}
