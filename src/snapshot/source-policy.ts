import { askedAccess } from "../acl/asked-access.ts";
import { inTurn } from "../acl/in-turn.ts";
import { lastWord } from "../acl/last-word.ts";
import { awaitingAccess, unmatchedAccess } from "../acl/open-access.ts";
import { orderedRules } from "../acl/ordered-access.ts";
import { compilePolicy, compileSource } from "../acl/policy.ts";
import type { Access, Authenticator, Identity, Policy, TopicAnswers } from "../core/types.ts";
import type { AclTerms, AnonymousSettings } from "../settings/types.ts";
import type { LoadedAcl } from "./access-files.ts";
import { DYNSEC } from "./dynsec-login.ts";
import { dynsecAccess } from "./dynsec-policy.ts";
import { loginAccess } from "./login-rules.ts";
import type { DynsecMoment } from "./types.ts";

interface SourcePolicyInput {
  /** Sources in the order they count. */
  readonly names: readonly string[];
  readonly dynsec: DynsecMoment | null;
  readonly acl: LoadedAcl;
  /** What counts for clients without a user name where there is no rule at all. */
  readonly anonymous: AnonymousSettings | null;
  /** The stages that know rules: those that can list them were asked at the login. */
  readonly rights: readonly Authenticator[];
  /** Stages that cannot be used: what the rules of one that is named would forbid is not known. */
  readonly broken: readonly string[];
  readonly noMatch: AclTerms["noMatch"];
  /** Whether only clients on this machine subscribe to $SYS and to everything where there is no rule at all. */
  readonly isSysLocal: boolean;
}

type Source = (identity: Identity) => Access | null;

/**
 * The policy of a broker with an auth.yaml: its sources in order, the first whose rule matches decides. Where none does
 * it is a no as soon as there is any source of rules for a client, unless the owner wants it otherwise.
 */
export function sourcePolicy(input: SourcePolicyInput): Policy {
  const { names, rights, anonymous, noMatch, isSysLocal } = input;
  const sources = names.map((name) => sourceOf(name, input));
  const without = compilePolicy({ rules: null, anonymous, isSysLocal });
  const denyAll = compilePolicy({ rules: [], anonymous: null });
  const awaiting = awaitingAccess();
  const rest = unmatchedAccess();
  return {
    asks: rights.some(({ answers }) => answers !== undefined),
    for(identity) {
      if (identity.superuser) return without.for(identity);
      if (!isKnown(identity, rights)) return awaiting;
      const [first, ...others] = sources.flatMap((source) => source(identity) ?? []);
      if (first === undefined) return noMatch === "deny" ? denyAll.for(identity) : without.for(identity);
      const all = others.reduce(inTurn, first);
      return noMatch === "allow" ? inTurn(all, rest) : lastWord(all);
    },
  };
}

/** A session that was stored knows its user, not what its login brought along. Without `grants` nobody has logged in. */
function isKnown({ rules, grants }: Identity, rights: readonly Authenticator[]): boolean {
  if (rules === undefined) return false;
  const listing = rights.filter((stage) => stage.rights !== undefined);
  return grants === undefined || listing.every(({ name }) => grants.some(({ source }) => source === name));
}

/** Gives what one source says of a client; null: it is no source for it. */
function sourceOf(name: string, { dynsec, acl, rights, broken }: SourcePolicyInput): Source {
  if (broken.includes(name)) return filesOf({ loaded: null, closed: [], problems: [] });
  const stage = rights.find((candidate) => candidate.name === name);
  const { answers } = stage ?? {};
  if (answers !== undefined) return (identity) => askedAccess(name, answers(identity));
  switch (name) {
    case "login":
      return loginAccess;
    case DYNSEC:
      return (identity) => (dynsec === null ? null : dynsecAccess(dynsec, identity));
    case "files":
      return filesOf(acl);
    default:
      return (identity) => {
        // nobody has logged in: a command or a policy test wants to know
        if (identity.grants === undefined) return stage === undefined ? null : askedAccess(name, NOT_ASKED);
        const grant = identity.grants?.find(({ source }) => source === name);
        return grant === undefined ? null : orderedRules(grant.rules)(identity);
      };
  }
}

const NOT_ASKED: TopicAnswers = { of: () => null, renew: () => null, granted: () => [] };

function filesOf({ loaded, closed }: LoadedAcl): Source {
  if (loaded !== null) return compileSource(loaded.value);
  if (closed === null) return () => null;
  // a file that cannot be read might have forbidden anything
  const shut = compilePolicy({ rules: closed, anonymous: null });
  return (identity) => shut.for(identity);
}
