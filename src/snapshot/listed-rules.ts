import type { RuleInfo } from "../core/api/access.ts";
import type { AccessRule, Who } from "../core/types.ts";
import { listed } from "../core/words.ts";
import { aclText } from "../dynsec/role-rules.ts";
import type { DynsecMoment, Snapshot } from "./types.ts";

/**
 * Lists every rule of a moment that is in its files, in the order in which they count, and what counts where none matches.
 * The rules that a login brings along are not among them.
 */
export function listedRules(snapshot: Snapshot, reservedUsers: readonly string[]): readonly RuleInfo[] {
  const { acl, dynsec, listenerFiles } = snapshot;
  return [
    ...builtIn(reservedUsers),
    ...(dynsec === null ? [] : ofRoles(dynsec)),
    ...(acl?.value.rules ?? []).map((rule) => ofFile(rule, null)),
    ...[...listenerFiles].flatMap(([name, files]) => (files.acl?.value.rules ?? []).map((rule) => ofFile(rule, name))),
    whereNoneMatches(snapshot),
  ];
}

function builtIn(reservedUsers: readonly string[]): readonly RuleInfo[] {
  if (reservedUsers.length === 0) return [];
  return [{ source: "built-in", text: "every topic", who: listed(reservedUsers, "and"), effect: "allow" }];
}

function ofRoles({ file, state }: DynsecMoment): readonly RuleInfo[] {
  if (state === null) return [];
  const roles = state.roles.sorted().flatMap(({ name, acls }) =>
    acls.map((acl): RuleInfo => {
      const effect = acl.allow ? "allow" : "deny";
      return { source: file, text: `${aclText(acl)}, ${effect}`, who: `role ${name}`, effect, where: { file } };
    }),
  );
  const defaults = Object.entries(state.defaultAccess).map(([name, allows]: readonly [string, boolean]): RuleInfo => {
    const effect = allows ? "allow" : "deny";
    return { source: file, text: `defaultACLAccess: ${name} ${effect}`, who: "everybody", effect, where: { file } };
  });
  return [...roles, ...defaults];
}

function ofFile({ effect, who, text, origin }: AccessRule, listener: string | null): RuleInfo {
  const at = listener === null ? "" : `, on listener ${listener}`;
  return { source: origin.file, text, who: `${whoText(who)}${at}`, effect, where: origin };
}

function whoText(who: Who): string {
  switch (who.kind) {
    case "everyone":
      return "everybody";
    case "anonymous":
      return "clients without a user name";
    case "user":
      return `user ${who.name}`;
    case "client":
      return `client ${who.id}`;
    case "listener":
      return `listener ${who.name}`;
    case "network":
      return who.network;
    case "pattern":
      return `${PATTERN_OF[who.of]} with ${who.pattern}`;
    case "all-of":
      return who.who.length === 0 ? "everybody" : listed(who.who.map(whoText), "and");
    case "any-of":
      return who.who.length === 0 ? "nobody" : listed(who.who.map(whoText), "or");
  }
}

const PATTERN_OF = { username: "user name", clientId: "client id", listener: "listener" } as const;

/** A closed ACL file is a source of rules too: it denies everything. */
function whereNoneMatches({ settings, dynsec }: Snapshot): RuleInfo {
  const { noMatch } = settings.aclTerms;
  const hasRules = settings.aclFile !== null || dynsec !== null;
  const effect = noMatch ?? (hasRules ? "deny" : "allow");
  const text = hasRules ? "every topic that no rule above is about" : "every topic";
  return { source: "default", text, who: "everybody who is logged in", effect };
}
