import type { Action } from "../../core/types.ts";
import { accessOf } from "../access.ts";
import { given, priorityJson, textsJson } from "../format-file.ts";
import { heldRules } from "../held-rules.ts";
import { limitsOf } from "../login.ts";
import type { Members } from "../members.ts";
import type { RoleLink, RoleRule, RoleRules } from "../types.ts";
import { CommandError, isUtf8, optionalText, question } from "./command.ts";
import type { Command, CommandContext } from "./command.ts";

/** What a client may ask about itself: `{"command":"getMe"}`. */
export const SELF_COMMANDS = {
  getMe: question((context) => ({ client: meJson(context) })),
} as const satisfies Record<string, Command>;

/**
 * Questions about rights, which Mosquitto does not have. `explain` says what would happen and why, and changes nothing;
 * without a user name it is about anonymous clients.
 *
 *     {"command":"explain","username":"cam","clientid":"cam-1","acltype":"publishClientSend","topic":"home/x"}
 */
export const RIGHTS_COMMANDS = {
  ...SELF_COMMANDS,
  explain: question(explain),
} as const satisfies Record<string, Command>;

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ["publishclientsend", "publish"],
  ["publishclientreceive", "receive"],
  ["subscribe", "subscribe"],
  ["unsubscribe", "unsubscribe"],
]);

function explain({ state }: CommandContext, members: Members): object {
  const username = optionalText(members, "username") ?? null;
  const clientId = optionalText(members, "clientid") ?? "";
  const word = members.text("acltype");
  if (word === null) throw new CommandError("Invalid/missing acltype");
  const action = ACTIONS.get(word.toLowerCase());
  if (action === undefined) throw new CommandError("Unknown acltype");
  const topic = members.text("topic");
  if (topic === null || topic === "") throw new CommandError("Invalid/missing topic");
  if (!isUtf8(topic)) throw new CommandError("Topic not valid UTF-8");
  const access = accessOf(state, { username, clientId });
  const { verdict, reason } = access.check(action, topic);
  const steps = access.explain(action, topic).map(({ rule, matched, why }) => ({ rule: rule.text, matched, why }));
  return { verdict, reason: reason.sentence, ...given("hint", reason.hint ?? null), steps };
}

/** Everything that counts for the client, in the order in which it is tried; nothing of its password. */
function meJson({ state, from }: CommandContext): object {
  const client = from.username === null ? null : state.clients.get(from.username);
  if (client === undefined) throw new CommandError("Client not found");
  const anonymous = state.anonymousGroup === null ? [] : [{ group: state.anonymousGroup, priority: -1 }];
  const groups = client?.groups ?? anonymous;
  const { maxConnections, maxPublishRate } = limitsOf(state, from.username);
  return {
    ...given("username", from.username),
    clientid: from.clientId,
    ...(client === null ? {} : textsJson(client)),
    ...given("maxconnections", maxConnections),
    ...given("maxpublishrate", maxPublishRate),
    groups: groups.map(({ group, priority }) => ({ groupname: group.name, ...priorityJson(priority) })),
    roles: [
      ...(client?.roles ?? []).map((link) => roleJson(link, null)),
      ...groups.flatMap(({ group }) => group.roles.map((link) => roleJson(link, group.name))),
    ],
    acls: heldRules(state, from).roles.flatMap(rulesJson),
    defaultACLAccess: state.defaultAccess,
  };
}

function roleJson({ role, priority }: RoleLink, groupname: string | null): object {
  return { rolename: role.name, ...priorityJson(priority), ...given("groupname", groupname) };
}

/** With the topics as they are for this client; those that can match nothing are left out. */
function rulesJson({ publish, receive, subscribe, unsubscribe }: RoleRules): readonly object[] {
  const filters = [subscribe, unsubscribe].flatMap(({ literals, patterns }) => [...literals, ...patterns]);
  const usable = (rule: RoleRule): readonly object[] =>
    rule.filter === null
      ? []
      : [{ rolename: rule.role, acltype: rule.acl.type, topic: rule.filter, allow: rule.acl.allow }];
  return [...publish, ...receive, ...filters].flatMap(usable);
}
