import { filterFault } from "../../core/topic.ts";
import type { EffectsUnderWay } from "../effects.ts";
import type { Members } from "../members.ts";
import type { Client, DynsecState, Entry, Group, Requester, Role } from "../types.ts";

/** Refuses a command, in Mosquitto's words. Nothing was changed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What a command works with. */
export interface CommandContext {
  readonly state: DynsecState;
  readonly from: Requester;
  readonly effects: EffectsUnderWay;
  readonly connections: (username: string) => readonly string[];
  /** The stored hash of the password in a command; null: it has none that can be one. */
  readonly hashOf: (members: Members) => string | null;
}

/**
 * Carries out one command: checks everything, then changes, so that a refused command has changed nothing.
 * @throws CommandError
 */
export type Run<T> = (context: CommandContext, members: Members) => T;

/** A command: a question answers with its data, a change with nothing. */
export type Command =
  | { readonly kind: "question"; readonly run: Run<object> }
  | { readonly kind: "change"; readonly run: Run<void> };

/** Makes a command that only answers. */
export function question(run: Run<object>): Command {
  return { kind: "question", run };
}

/** Makes a command that changes something. */
export function change(run: Run<void>): Command {
  return { kind: "change", run };
}

/** Reads a member that must be there. `label` is the noun of the errors: "Group name". */
export function requiredName(members: Members, member: string, label: string): string {
  const name = members.text(member);
  if (name === null) throw new CommandError(`Invalid/missing ${member}`);
  if (!isUtf8(name)) throw new CommandError(`${label} not valid UTF-8`);
  return name;
}

/** Reads a text that may be missing; undefined: it is. */
export function optionalText(members: Members, member: string, label = member): string | undefined {
  const value = members.get(member);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw new CommandError(`Invalid/missing ${label}`);
  return value;
}

/** Finds the client that a command names. */
export function clientOf({ state }: CommandContext, members: Members): Client {
  return found(state.clients.get(requiredName(members, "username", "Username")), "Client not found");
}

/** Finds the group that a command names. */
export function groupOf({ state }: CommandContext, members: Members): Group {
  return found(state.groups.get(requiredName(members, "groupname", "Group name")), "Group not found");
}

/** Finds the role that a command names. */
export function roleOf({ state }: CommandContext, members: Members, missing = "Role not found"): Role {
  return found(state.roles.get(requiredName(members, "rolename", "Role name")), missing);
}

/** Reads texts now and returns what sets them, once everything else was checked. */
export function textsOf(members: Members): (entry: Entry) => void {
  const textName = optionalText(members, "textname");
  const textDescription = optionalText(members, "textdescription");
  return (entry) => {
    if (textName !== undefined) entry.textName = textName === "" ? null : textName;
    if (textDescription !== undefined) entry.textDescription = textDescription === "" ? null : textDescription;
    entry.written = null;
  };
}

/** Reads the topic of an access entry. */
export function aclTopic(members: Members): string {
  const topic = members.text("topic");
  if (topic === null) throw new CommandError("Invalid/missing topic");
  if (!isUtf8(topic)) throw new CommandError("Topic not valid UTF-8");
  if (filterFault(topic) !== null) throw new CommandError("Invalid ACL topic");
  return topic;
}

/** Tells whether a text can be a string of MQTT: no control characters, no half characters, at most 65,535 bytes. */
export function isUtf8(text: string): boolean {
  if (!text.isWellFormed() || Buffer.byteLength(text) > 65_535) return false;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return !/[\u0000-\u001F\u007F-\u009F\uFDD0-\uFDEF]|[\uFFFE\uFFFF]/u.test(text);
}

/** The part of a sorted list that a list command asks for, as names or whole. */
export function page<T extends { readonly name: string }>(
  sorted: readonly T[],
  members: Members,
  json: (entry: T) => object,
): { readonly totalCount: number; readonly entries: readonly (string | object)[] } {
  const offset = Math.max(0, members.integer("offset", 0));
  const count = members.integer("count", -1);
  // a count of 0 is answered with one, as Mosquitto does
  const shown = count < 0 ? sorted.slice(offset) : sorted.slice(offset, offset + Math.max(1, count));
  const verbose = members.flag("verbose", false);
  return { totalCount: sorted.length, entries: shown.map((entry) => (verbose ? json(entry) : entry.name)) };
}

function found<T>(entry: T | undefined, missing: string): T {
  if (entry === undefined) throw new CommandError(missing);
  return entry;
}
