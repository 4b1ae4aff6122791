import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { deny } from "../core/reasons.ts";
import type { Access, Action, Decision, Identity, Policy, ReasonKind } from "../core/types.ts";

/**
 * The rights of a client, made from the policy when they are first asked for: after a change of the rules most of 50,000
 * clients have nothing to ask for a while. Rules that break down deny and are logged; they take nobody else along.
 */
export function guardedAccess(policy: Policy, identity: Identity, log: Logger): Access {
  let made: Access | null = null;
  const access = (): Access => (made ??= madeBy(policy, identity, log));
  const guarded: Access = {
    check(action, topic) {
      try {
        return access().check(action, topic);
      } catch (error) {
        logFault(log, identity, error);
        return undecided(action);
      }
    },
    explain: (action, topic) => access().explain(action, topic),
  };
  if (policy.asks !== true) return guarded;
  const { prepare } = access();
  return prepare === undefined ? guarded : { ...guarded, prepare };
}

function madeBy(policy: Policy, identity: Identity, log: Logger): Access {
  try {
    return policy.for(identity);
  } catch (error) {
    logFault(log, identity, error);
    return { check: undecided, explain: () => [] };
  }
}

function logFault(log: Logger, { clientId, username }: Identity, error: unknown): void {
  log.error({ clientId, username }, `The rules could not be asked: ${messageOf(error)}`);
}

const KINDS: Readonly<Record<Action, ReasonKind>> = {
  publish: "publish_denied",
  subscribe: "subscribe_denied",
  unsubscribe: "unsubscribe_denied",
  receive: "receive_denied",
};

function undecided(action: Action): Decision {
  return deny("broker", { kind: KINDS[action], sentence: "the rules could not be asked" });
}
