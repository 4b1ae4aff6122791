import { allow, deny } from "../core/reasons.ts";
import type { Access, Action, Decision, Reason, ReasonKind } from "../core/types.ts";
import type { AnonymousSettings } from "../settings/types.ts";
import { reservedTopic } from "./reserved-topics.ts";
import { placeOf } from "./rule-list.ts";

const DENIED = {
  publish: "publish_denied",
  subscribe: "subscribe_denied",
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
  // an option has no line of its own, a directive of a conf file has
  const name = origin.line === undefined ? "anonymous" : "allow_anonymous";
  const setBy = `"${name}" (${placeOf(origin)})`;
  const allowed = allow("anonymous", undefined, {
    kind: "ok",
    sentence: `${setBy} lets clients without a user name ${rights === "all" ? "use every topic" : "read every topic"}`,
    where: origin,
  });
  if (rights === "all") return openAccess(() => allowed);
  const denied = denials({
    sentence: `${setBy} lets clients without a user name read, not publish`,
    hint: `set a user name and password in the device, or write an ACL file: it replaces "${name}"`,
    where: origin,
  });
  return openAccess((action) => (action === "publish" ? denied(action) : allowed));
}

/** Access that depends on the action alone: no rule is tried, so there is none to explain. */
function openAccess(answer: (action: Action) => Decision): Access {
  return {
    check: (action, topic) => (action === "subscribe" ? null : reservedTopic(action, topic)) ?? answer(action),
    explain: () => [],
  };
}

function denials(reason: Omit<Reason, "kind">): (action: Action) => Decision {
  const decisions: Readonly<Record<Action, Decision>> = {
    publish: deny("anonymous", { ...reason, kind: DENIED.publish }),
    subscribe: deny("anonymous", { ...reason, kind: DENIED.subscribe }),
    receive: deny("anonymous", { ...reason, kind: DENIED.receive }),
  };
  return (action) => decisions[action];
}
