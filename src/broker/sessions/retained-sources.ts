import { isAllowed } from "../../core/reasons.ts";
import type { Access, Identity } from "../../core/types.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Context } from "./context.ts";

/** What is known of the publishers of retained messages. */
export interface RetainedSources {
  /** Whether their rights count when what they published is sent to new subscribers. */
  readonly areChecked: () => boolean;
  /** Their rights under the rules in force, as far as they were asked for. */
  readonly accesses: Map<Identity, Access>;
}

/** Publishers whose rights are kept; then it starts anew. */
const MAX_ACCESSES = 1024;

/** Starts with nobody's rights. */
export function createRetainedSources(areChecked: () => boolean): RetainedSources {
  return { areChecked, accesses: new Map() };
}

/**
 * Whether a retained message may be sent: with `check_retain_source`, only as long as its publisher may publish to its
 * topic. What the broker itself said always may.
 */
export function mayStandRetained(context: Context, { source, topic }: StoredMessage): boolean {
  if (source === null || !context.sources.areChecked()) return true;
  return isAllowed(accessOf(context, source).check("publish", topic));
}

function accessOf({ sessions, sources: { accesses }, accessFor }: Context, source: Identity): Access {
  // logged in anew it may have been given other rights
  const session = sessions.get(source.clientId);
  if (session !== undefined && isSameUser(session.identity, source)) return session.access;
  const known = accesses.get(source);
  if (known !== undefined) return known;
  if (accesses.size >= MAX_ACCESSES) accesses.clear();
  const access = accessFor(source);
  accesses.set(source, access);
  return access;
}

/** Somebody else may have taken the client id meanwhile, and a listener may have rules of its own. */
function isSameUser(now: Identity, then: Identity): boolean {
  return now.username === then.username && now.source === then.source && now.listener === then.listener;
}
