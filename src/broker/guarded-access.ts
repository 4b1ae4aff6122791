import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { deny } from "../core/reasons.ts";
import type { Access, Action, Decision, Identity, Policy, ReasonKind } from "../core/types.ts";

/** The rights of a client. Rules that break down deny and are logged; they take nobody else along. */
export function guardedAccess(policy: Policy, identity: Identity, log: Logger): Access {
  const { clientId, username } = identity;
  const fault = (error: unknown): void => {
    log.error({ clientId, username }, `The rules could not be asked: ${messageOf(error)}`);
  };
  let access: Access;
  try {
    access = policy.for(identity);
  } catch (error) {
    fault(error);
    return { check: undecided, explain: () => [] };
  }
  return {
    check(action, topic) {
      try {
        return access.check(action, topic);
      } catch (error) {
        fault(error);
        return undecided(action);
      }
    },
    explain: access.explain,
    ...(access.prepare !== undefined && { prepare: access.prepare }),
  };
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
