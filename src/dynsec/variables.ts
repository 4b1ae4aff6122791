import { fillLevels } from "../acl/placeholders.ts";
import type { FilledFilter } from "../acl/placeholders.ts";
import type { Client, Group, RoleRule } from "./types.ts";

/** A whole level that is filled in: %u, %c, %g, %{room}. */
const VARIABLE = /^%(?:[ucg]|\{[A-Za-z0-9_-]+\})$/;

/** Whose values stand in the place of variables. */
export interface Holder {
  readonly clientId: string;
  /** null: anonymous. */
  readonly username: string | null;
  /** null: anonymous, too. */
  readonly client: Client | null;
  /** The group that the role comes from; null: the client has the role itself. */
  readonly group: Group | null;
}

/** Tells whether a topic has a level that is filled in. Part of a level it is plain text, as in Mosquitto 2.1. */
export function hasVariables(topic: string): boolean {
  return topic.includes("%") && topic.split("/").some((level) => VARIABLE.test(level));
}

/**
 * Fills a rule in for a client: %u is the user name, %c the client id, %g the group, %{room} the variable "room". In a
 * role that the client has itself %g is each of its groups in turn, so one rule can become several, or none of use.
 */
export function fillRule(rule: RoleRule, holder: Holder): readonly RoleRule[] {
  const { topic } = rule.acl;
  if (rule.filter === null || !hasVariables(topic)) return [rule];
  const groups = holder.client?.groups ?? [];
  const everyGroup = holder.group === null && groups.length > 0 && topic.split("/").includes("%g");
  const names = everyGroup ? groups.map(({ group }) => group.name) : [holder.group?.name ?? ""];
  return names.map((group) => {
    const { filter, fault } = fill(topic, holder, group);
    return { ...rule, filter, fault: fault ?? "" };
  });
}

function fill(topic: string, holder: Holder, group: string): FilledFilter {
  return fillLevels(topic, (level) => {
    if (!VARIABLE.test(level)) return { value: level };
    const value = valueOf(level, holder, group);
    // a name chosen by somebody else must not act as a wildcard
    if (/[+#]/.test(value)) return { fault: `${level} is ${value} here, which contains "+" or "#"` };
    return { value };
  });
}

/** Empty: there is no value, and nothing matches. */
function valueOf(level: string, { clientId, username, client, group }: Holder, groupName: string): string {
  switch (level) {
    case "%u":
      return username ?? "";
    case "%c":
      return clientId;
    case "%g":
      return groupName;
    default: {
      const name = level.slice(2, -1);
      const groups = group === null ? (client?.groups.map((link) => link.group) ?? []) : [group];
      const values = [client?.variables, ...groups.map(({ variables }) => variables)];
      return values.find((variables) => variables?.has(name))?.get(name) ?? "";
    }
  }
}
