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

/** What a client with a user name may do without an ACL file: everything. */
export function loggedInAccess(): Access {
  return openAccess(() => LOGGED_IN);
}

/** What a client without a user name may do without an ACL file; null: it should not be here at all. */
export function anonymousAccess(settings: AnonymousSettings | null): Access {
  if (settings === null) {
    return openAccess(
      denials({
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
  const denied = denials({
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

function denials(reason: Omit<Reason, "kind">): (action: Action) => Decision {
  const decisions: Readonly<Record<Action, Decision>> = {
    publish: deny("anonymous", { ...reason, kind: DENIED.publish }),
    subscribe: deny("anonymous", { ...reason, kind: DENIED.subscribe }),
    unsubscribe: deny("anonymous", { ...reason, kind: DENIED.unsubscribe }),
    receive: deny("anonymous", { ...reason, kind: DENIED.receive }),
  };
  return (action) => decisions[action];
}
