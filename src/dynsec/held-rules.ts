import { deny } from "../core/reasons.ts";
import type { Action, Decision } from "../core/types.ts";
import { deniedKind, rulesOf } from "./role-rules.ts";
import type { DynsecState, FilterRules, RoleLink, RoleRule, RoleRules, Subject } from "./types.ts";
import { fillRule } from "./variables.ts";
import type { Holder } from "./variables.ts";

/** The roles of one client, filled in for it. */
export interface HeldRules {
  /** No: it has a user name that dynamic security does not know, and the answer is somebody else's. */
  readonly isKnown: boolean;
  /** Its answer to everything; null: the roles decide. */
  readonly refusal: ((action: Action) => Decision) | null;
  /** In the order in which they are asked. */
  readonly roles: readonly RoleRules[];
}

/**
 * Everything that `heldRules` of a client and the default access are made of. As long as these are the same things, so
 * are the answers: a change of one client is not felt by the others.
 */
export function basisOf(state: DynsecState, { username }: Subject): readonly unknown[] {
  const client = username === null ? null : state.clients.get(username);
  const basis: unknown[] = [state.defaultAccess, client, client?.disabled, client?.roles, client?.variables];
  const addRoles = (links: readonly RoleLink[]): void => {
    for (const { role } of links) basis.push(rulesOf(role, state.file));
  };
  addRoles(client?.roles ?? []);
  for (const group of client === null ? [state.anonymousGroup] : (client?.groups.map((link) => link.group) ?? [])) {
    basis.push(group, group?.roles, group?.variables);
    addRoles(group?.roles ?? []);
  }
  return basis;
}

/** Gathers the roles of a client: its own come first, whatever the priorities, then those of each of its groups. */
export function heldRules(state: DynsecState, { clientId, username }: Subject): HeldRules {
  const rulesFor = (links: readonly RoleLink[], holder: Holder): readonly RoleRules[] =>
    links.map(({ role }) => filledIn(rulesOf(role, state.file), holder));

  if (username === null) {
    const group = state.anonymousGroup;
    const roles = group === null ? [] : rulesFor(group.roles, { clientId, username, client: null, group });
    return { isKnown: true, refusal: null, roles };
  }
  const client = state.clients.get(username);
  if (client === undefined) return { isKnown: false, refusal: null, roles: [] };
  if (client.disabled) {
    return { isKnown: true, refusal: (action) => disabled(username, action, state.file), roles: [] };
  }
  const roles = [...rulesFor(client.roles, { clientId, username, client, group: null })];
  for (const { group } of client.groups) roles.push(...rulesFor(group.roles, { clientId, username, client, group }));
  return { isKnown: true, refusal: null, roles };
}

/** Rules that do not depend on the client are shared by all who have the role. */
function filledIn(rules: RoleRules, holder: Holder): RoleRules {
  if (!rules.hasPlaceholders) return rules;
  const list = (some: readonly RoleRule[]): readonly RoleRule[] => some.flatMap((rule) => fillRule(rule, holder));
  const filters = ({ wildcards, literals, patterns }: FilterRules): FilterRules => {
    return { wildcards, literals: list(literals), patterns: list(patterns) };
  };
  return {
    publish: list(rules.publish),
    receive: list(rules.receive),
    subscribe: filters(rules.subscribe),
    unsubscribe: filters(rules.unsubscribe),
    hasPlaceholders: true,
  };
}

function disabled(username: string, action: Action, file: string): Decision {
  return deny("dynsec", {
    kind: deniedKind(action),
    sentence: `the client ${username} is disabled`,
    hint: 'enable it with "enableClient"',
    where: { file },
  });
}
