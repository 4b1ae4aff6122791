import { inTurn } from "../acl/in-turn.ts";
import { lastWord } from "../acl/last-word.ts";
import { deny } from "../core/reasons.ts";
import type { Access, Identity, Policy } from "../core/types.ts";
import { accessOf } from "../dynsec/access.ts";
import { limitsOf } from "../dynsec/login.ts";
import type { ClientLimits } from "../dynsec/types.ts";
import type { DynsecMoment, Snapshot } from "./types.ts";

interface Others {
  /** What decides without dynamic security. */
  readonly rest: Policy;
  /** Whether that has rules of its own. If not, a client that dynamic security says nothing of may do nothing. */
  readonly hasRules: boolean;
}

/** Asks dynamic security first, as Mosquitto asks its plugins; the rules of an ACL file decide what it leaves open. */
export function dynsecPolicy(dynsec: DynsecMoment | null, { rest, hasRules }: Others): Policy {
  if (dynsec === null) return rest;
  const { state, file } = dynsec;
  return {
    for(identity) {
      if (identity.superuser) return rest.for(identity);
      if (state === null) return closedAccess(file);
      const own = accessOf(state, identity);
      return hasRules ? inTurn(own, rest.for(identity)) : lastWord(own);
    },
  };
}

/** What dynamic security says of a client; `ignore` where it has no rule. */
export function dynsecAccess({ state, file }: DynsecMoment, identity: Identity): Access {
  return state === null ? closedAccess(file) : accessOf(state, identity);
}

/** Limits that clients and their roles have. */
export function dynsecLimits(dynsec: DynsecMoment | null): Snapshot["limitsOf"] {
  const state = dynsec?.state ?? null;
  return ({ username }: Pick<Identity, "username">) => (state === null ? NO_LIMITS : limitsOf(state, username));
}

const NO_LIMITS: ClientLimits = { maxConnections: null, maxPublishRate: null };

/** It is not known who has which rights. */
function closedAccess(file: string): Access {
  return {
    check: (action) =>
      deny("dynsec", {
        kind: `${action}_denied`,
        sentence: `dynamic security has no clients and roles, because ${file} cannot be used`,
        hint: `correct ${file}; the log says what is wrong with it`,
        where: { file },
      }),
    explain: () => [],
  };
}
