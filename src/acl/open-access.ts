import { placeOf } from "../core/problem.ts";
import { allow, deny } from "../core/reasons.ts";
import type { Access, Action, Allow, Decision, Reason, ReasonKind } from "../core/types.ts";
import type { AnonymousSettings } from "../settings/types.ts";
import { isFilterAction, reservedTopic } from "./reserved-topics.ts";

const DENIED = {
  publish: "publish_denied",
  subscribe: "subscribe_denied",
  unsubscribe: "unsubscribe_denied",
  receive: "receive_denied",
} as const satisfies Record<Action, ReasonKind>;

const SUPERUSER = allow("superuser", undefined, { kind: "ok", sentence: "this user has full access" });

const LOGGED_IN = allow("login", undefined, {
  kind: "ok",
  sentence: "no ACL file is in use, so every logged-in user may use every topic",
});

/** Full access, topics of the broker itself excepted. */
export function superuserAccess(): Access {
  return openAccess(() => SUPERUSER);
}

const UNMATCHED = allow("acl", undefined, {
  kind: "ok",
  sentence: "no rule matches, and what no rule names is allowed here (no_match)",
});

/** What counts where no rule matches and the owner wants it open. */
export function unmatchedAccess(): Access {
  return openAccess(() => UNMATCHED);
}

/**
 * What a client may do that is away, and whose rules are not known until it logs in again: messages wait for it, and
 * each of them is checked before it is sent.
 */
export function awaitingAccess(): Access {
  const denied = denials("acl", {
    sentence: "its rules are not known until it logs in again",
    hint: "it may publish when it has logged in",
  });
  return openAccess((action) => (action === "publish" ? denied(action) : AWAITED));
}

const AWAITED = allow("acl", undefined, { kind: "ok", sentence: "it is checked when the client has logged in again" });

/** What a client with a user name may do without an ACL file: everything. */
export function loggedInAccess(): Access {
  return openAccess(() => LOGGED_IN);
}

/** What a client without a user name may do without an ACL file; null: it should not be here at all. */
export function anonymousAccess(settings: AnonymousSettings | null): Access {
  if (settings === null) {
    return openAccess(
      denials("anonymous", {
        sentence: "clients without a user name have no access",
        hint: "set a user name and password in the device, or allow anonymous access",
      }),
    );
  }
  const { rights, origin } = settings;
  const says = (sentence: string): Allow => allow("anonymous", undefined, { kind: "ok", sentence, where: origin });
  if (rights === "all") {
    const allowed = says(`clients without a user name may use every topic (${placeOf(origin)})`);
    return openAccess(() => allowed);
  }
  const option = `the option "anonymous" (${placeOf(origin)}) lets clients without a user name`;
  const allowed = says(`${option} read every topic`);
  const denied = denials("anonymous", {
    sentence: `${option} read, not publish`,
    hint: "set a user name and password in the device, or write an ACL file: it replaces this option",
    where: origin,
  });
  return openAccess((action) => (action === "publish" ? denied(action) : allowed));
}

/** Access that depends on the action alone: no rule is tried, so there is none to explain. */
function openAccess(answer: (action: Action) => Decision): Access {
  return {
    check: (action, topic) => (isFilterAction(action) ? null : reservedTopic(action, topic)) ?? answer(action),
    explain: () => [],
  };
}

function denials(by: string, reason: Omit<Reason, "kind">): (action: Action) => Decision {
  const decisions: Readonly<Record<Action, Decision>> = {
    publish: deny(by, { ...reason, kind: DENIED.publish }),
    subscribe: deny(by, { ...reason, kind: DENIED.subscribe }),
    unsubscribe: deny(by, { ...reason, kind: DENIED.unsubscribe }),
    receive: deny(by, { ...reason, kind: DENIED.receive }),
  };
  return (action) => decisions[action];
}
