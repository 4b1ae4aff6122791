import { isAllowed } from "../../core/reasons.ts";
import type { Access, Identity } from "../../core/types.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Context } from "./context.ts";

/** What is known of the publishers of retained messages. */
export interface RetainedSources {
  /** Whether their rights count when what they published is sent to new subscribers. */
  readonly areChecked: () => boolean;
  /** Whether one that was a superuser and is away still is one, as far as its login source can say. */
  readonly isStillSuperuser: (identity: Identity) => boolean;
  /** Their rights under the rules in force, as far as they were asked for. */
  readonly accesses: Map<Identity, Access>;
}

/** Publishers whose rights are kept; then it starts anew. */
const MAX_ACCESSES = 1024;

/** Starts with nobody's rights. */
export function createRetainedSources(questions: Omit<RetainedSources, "accesses">): RetainedSources {
  return { ...questions, accesses: new Map() };
}

/**
 * Whether a retained message may be sent: with `check_retain_source`, only as long as its publisher may publish to its
 * topic. What the broker itself said always may.
 */
export function mayStandRetained(context: Context, { source, topic }: StoredMessage): boolean {
  if (source === null || !context.sources.areChecked()) return true;
  return isAllowed(accessOf(context, source).check("publish", topic));
}

function accessOf({ sessions, sources, accessFor }: Context, source: Identity): Access {
  const { accesses, isStillSuperuser } = sources;
  // logged in anew it may have been given other rights
  const found = sessions.get(source.clientId);
  const session = found !== undefined && isSameUser(found.identity, source) ? found : null;
  const identity = session?.identity ?? source;
  // the rules say nothing of superusers: whether it still is one is asked where it may have changed
  if (session !== null && (session.connection !== null || !identity.superuser)) return session.access;
  const known = accesses.get(identity);
  if (known !== undefined) return known;
  if (accesses.size >= MAX_ACCESSES) accesses.clear();
  const superuser = identity.superuser && isStillSuperuser(identity);
  const access = accessFor(superuser === identity.superuser ? identity : { ...identity, superuser });
  accesses.set(identity, access);
  return access;
}

/** Somebody else may have taken the client id meanwhile, and a listener may have rules of its own. */
function isSameUser(now: Identity, then: Identity): boolean {
  return now.username === then.username && now.source === then.source && now.listener === then.listener;
}
