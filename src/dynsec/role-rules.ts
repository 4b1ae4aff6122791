import { allow, deny } from "../core/reasons.ts";
import { filterFault } from "../core/topic.ts";
import type { Action, Decision, ReasonKind } from "../core/types.ts";
import { hasVariables } from "./variables.ts";
import type { Acl, AclType, FilterRules, Role, RoleRule, RoleRules } from "./types.ts";

/** Gives the rules of a role ready for checks; they are made once and shared by all who have the role. */
export function rulesOf(role: Role, file: string): RoleRules {
  role.rules ??= compile(role, file);
  return role.rules;
}

/** Lets go of the rules of a role, and of its text in the file: it has changed. */
export function roleChanged(role: Role): void {
  role.rules = null;
  role.written = null;
}

/** An access entry in words, to quote it: `publishClientSend home/#`. */
export function aclText({ type, topic }: Acl): string {
  return `${type} ${topic}`;
}

function compile(role: Role, file: string): RoleRules {
  const of = (type: AclType, action: Action): readonly RoleRule[] =>
    role.acls.filter((acl) => acl.type === type).map((acl) => ruleOf(role, acl, action, file));
  const filters = (action: "subscribe" | "unsubscribe"): FilterRules => ({
    wildcards: role.allowWildcardSubs ? null : refusedWildcards(role, action, file),
    literals: of(`${action}Literal`, action),
    patterns: of(`${action}Pattern`, action),
  });
  return {
    publish: of("publishClientSend", "publish"),
    receive: of("publishClientReceive", "receive"),
    subscribe: filters("subscribe"),
    unsubscribe: filters("unsubscribe"),
    hasPlaceholders: role.acls.some(({ topic }) => hasVariables(topic)),
  };
}

function ruleOf(role: Role, acl: Acl, action: Action, file: string): RoleRule {
  const fault = filterFault(acl.topic);
  return {
    acl,
    role: role.name,
    decision: decisionOf(role, acl, action, file),
    filter: fault === null ? acl.topic : null,
    fault: fault === null ? "" : `${acl.topic} is no topic filter: ${fault}`,
  };
}

function decisionOf(role: Role, acl: Acl, action: Action, file: string): Decision {
  const quoted = `the role ${role.name} has "${aclText(acl)}"`;
  const where = { file };
  if (acl.allow) return allow("dynsec", undefined, { kind: "ok", sentence: `${quoted}, which allows it`, where });
  return deny("dynsec", {
    kind: deniedKind(action),
    sentence: `${quoted}, which denies it`,
    hint: "change or remove that entry if it should be allowed",
    where,
  });
}

function refusedWildcards(role: Role, action: Action, file: string): Decision {
  return deny("dynsec", {
    kind: deniedKind(action),
    sentence: `the role ${role.name} refuses filters with wildcards ("allowwildcardsubs" is false)`,
    hint: 'name the topics one by one, or set "allowwildcardsubs" of that role',
    where: { file },
  });
}

/** The kind of refusal that belongs to an action. */
export function deniedKind(action: Action): ReasonKind {
  return `${action}_denied`;
}
