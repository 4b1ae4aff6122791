import { withoutGroup } from "../acl/ordered-access.ts";
import { fillPlaceholders } from "../acl/placeholders.ts";
import { isAllowed } from "../core/reasons.ts";
import { overlaps } from "../core/topic.ts";
import type { AccessRule, Identity } from "../core/types.ts";
import { isDefaultTrial } from "../dynsec/trials.ts";
import type { Snapshot } from "./types.ts";

/** A level that no rule names. */
const ANY = "\u{F8FF}";

/** Rules that are tried for one client: somebody with thousands of subscriptions makes nobody wait. */
const MOST_TRIALS = 50_000;

/**
 * Makes a test of a client's accepted subscriptions: true, nothing will ever come by this one. An ACL file lets everybody
 * subscribe to everything, and then no rule may allow to receive any of it. False: something may come, or it cannot be
 * told from the rules.
 */
export function unreadableTest({ policy }: Pick<Snapshot, "policy">, identity: Identity): (filter: string) => boolean {
  const access = policy.for(identity);
  let left = MOST_TRIALS;
  return (filter) => {
    // what must be asked topic by topic is not known beforehand
    if (access.prepare !== undefined || left <= 0) return false;
    const wanted = `${identity.mountPoint ?? ""}${withoutGroup(filter)}`;
    const probe = wanted.replace(/(^|\/)#$/, `$1${ANY}`).replaceAll(/(^|\/)\+(?=\/|$)/g, `$1${ANY}`);
    const trials = access.explain("receive", probe);
    left -= trials.length;
    if (isAllowed(access.check("receive", probe))) return false;
    // a rule that denies the probe ends the list, and others may be about a part of the subscription
    if (trials.some((trial) => trial.matched && !isDefaultTrial(trial))) return false;
    return !trials.some(({ rule }) => rule.effect === "allow" && mayMeet(rule, identity, wanted));
  };
}

function mayMeet(rule: AccessRule, identity: Identity, wanted: string): boolean {
  if (!rule.actions.includes("receive")) return false;
  if (rule.match !== undefined) return true;
  const filter = rule.placeholders ? fillPlaceholders(rule.filter, identity).filter : rule.filter;
  return filter !== null && overlaps(filter, wanted);
}
