import { networkTest } from "../core/network.ts";
import { deny } from "../core/reasons.ts";
import type { Access, AccessRule, Identity } from "../core/types.ts";
import { inTurn } from "./in-turn.ts";
import { orderedRules } from "./ordered-access.ts";

const SWITCH = "sys_local_only";

/**
 * Keeps what the broker tells of itself, and subscriptions to everything, to clients on this machine: what EMQ's rules
 * begin with as they are delivered. Nothing is allowed that was not before.
 */
export function localSysOnly(open: (identity: Identity) => Access): (identity: Identity) => Access {
  const denied = orderedRules([
    denial("$SYS/#", false),
    // "home/#" is a part of the house, these are all of it
    denial("#", true),
    denial("+/#", true),
  ]);
  const local = ["127.0.0.0/8", "::1"].map(networkTest);
  return (identity) => {
    const { address = "" } = identity;
    const access = open(identity);
    if (local.some((holds) => holds?.(address) === true)) return access;
    return inTurn(withHint(denied(identity)), access);
  };
}

function denial(filter: string, isExact: boolean): AccessRule {
  return {
    effect: "deny",
    who: { kind: "everyone" },
    actions: ["subscribe"],
    filter,
    placeholders: false,
    ...(isExact ? { match: "exact" as const } : {}),
    text: `deny subscribe ${filter}`,
    origin: { file: SWITCH },
  };
}

function withHint(access: Access): Access {
  return {
    check(action, topic) {
      const decision = access.check(action, topic);
      if (decision.verdict !== "deny" || decision.reason.where?.file !== SWITCH) return decision;
      return deny(decision.by, { ...decision.reason, hint: HINT });
    },
    explain: access.explain,
  };
}

const HINT = `subscribe on the machine of the broker, to a part of the topics, or switch ${SWITCH} off`;
