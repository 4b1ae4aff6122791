import { ACL_TYPES } from "./types.ts";
import type { Acl, AclType } from "./types.ts";
import { membersOf, priorityOf } from "./members.ts";

const KNOWN: ReadonlySet<string> = new Set(["acltype", "topic", "priority", "allow"]);

/** What a list of access entries says, in the order in which they are tried. */
export interface AclList {
  readonly acls: readonly Acl[];
  /** Entries that are not understood. */
  readonly foreign: readonly unknown[];
  /** Entries left out since there is one of that type and topic before them. */
  readonly doubles: readonly Acl[];
}

/** Finds the type that a word means, whatever the case of its letters; null: none. */
export function aclTypeOf(word: string): AclType | null {
  const wanted = word.toLowerCase();
  return ACL_TYPES.find((type) => type.toLowerCase() === wanted) ?? null;
}

/**
 * Reads a list of access entries, of the file or of a command. Of two for the same topic the first counts.
 *
 *     [{"acltype":"publishClientSend","topic":"a/#","priority":0,"allow":true}]
 */
export function readAcls(list: readonly unknown[]): AclList {
  const byTopic = new Map<string, Acl>();
  const foreign: unknown[] = [];
  const doubles: Acl[] = [];
  for (const value of list) {
    const acl = readAcl(value);
    if (acl === null) {
      foreign.push(value);
      continue;
    }
    const key = `${acl.type} ${acl.topic}`;
    if (byTopic.has(key)) doubles.push(acl);
    else byTopic.set(key, acl);
  }
  return { acls: inOrder([...byTopic.values()]), foreign, doubles };
}

/** Sorts access entries by type, then by priority, highest first; equal ones stay in their order. */
export function inOrder(acls: readonly Acl[]): readonly Acl[] {
  return acls.toSorted((a, b) => ACL_TYPES.indexOf(a.type) - ACL_TYPES.indexOf(b.type) || b.priority - a.priority);
}

/** Writes an access entry as the file and the replies have it. */
export function aclJson({ type, topic, priority, allow, extra }: Acl): object {
  return { acltype: type, topic, priority, allow, ...extra };
}

function readAcl(value: unknown): Acl | null {
  const members = membersOf(value);
  const type = aclTypeOf(members.text("acltype") ?? "");
  const topic = members.text("topic");
  if (type === null || topic === null) return null;
  const allow = members.flag("allow", false);
  return { type, topic, priority: priorityOf(members, 0), allow, extra: members.except(KNOWN) };
}
