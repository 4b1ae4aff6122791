import type { Access, AccessRule, Identity, Policy } from "../core/types.ts";
import type { AnonymousSettings } from "../settings/types.ts";
import { lastWord } from "./last-word.ts";
import { localSysOnly } from "./local-sys.ts";
import { anonymousAccess, loggedInAccess, superuserAccess } from "./open-access.ts";
import { orderedRules } from "./ordered-access.ts";
import { dangerousName } from "./placeholders.ts";
import { closeList, compileList, fillList } from "./rule-list.ts";
import type { CompiledRule } from "./rule-list.ts";
import { ruledAccess } from "./ruled-access.ts";

/** The rules of an ACL file, and how they are tried. */
export interface AclRules {
  /** "mosquitto": those of the user, denials before all others, and every subscription is accepted. "first-match": as written. */
  readonly order: "mosquitto" | "first-match";
  readonly rules: readonly AccessRule[];
}

interface PolicyInput {
  /** null: no ACL file is in use. Empty: nobody may use any topic, be the file empty or unusable. */
  readonly rules: readonly AccessRule[] | null;
  /** How they are tried; missing: as Mosquitto does. */
  readonly order?: AclRules["order"];
  /** What counts for clients without a user name as long as there is no ACL file. */
  readonly anonymous: AnonymousSettings | null;
  /** Whether only clients on this machine subscribe to $SYS and to everything, as long as there is no ACL file. */
  readonly isSysLocal?: boolean;
}

/** Compiles rules, once per moment of configuration, into the policy that makes each session its access. */
export function compilePolicy({ rules, order = "mosquitto", anonymous, isSysLocal = false }: PolicyInput): Policy {
  const superuser = superuserAccess();
  if (rules === null) {
    const loggedIn = loggedInAccess();
    const guest = anonymousAccess(anonymous);
    const open = ({ username }: Identity): Access => (username === null ? guest : loggedIn);
    const others = isSysLocal ? localSysOnly(open) : open;
    return { for: (identity) => (identity.superuser ? superuser : others(identity)) };
  }
  const ruled = order === "mosquitto" ? compileRules(rules, false) : inOrder(rules);
  return { for: (identity) => (identity.superuser ? superuser : ruled(identity)) };
}

/** Compiles the rules of a file that is not the only source: where none matches, the answer is `ignore`. */
export function compileSource({ order, rules }: AclRules): (identity: Identity) => Access {
  return order === "mosquitto" ? compileRules(rules, true) : orderedRules(rules);
}

/** What no rule allows is denied. */
function inOrder(rules: readonly AccessRule[]): (identity: Identity) => Access {
  const ordered = orderedRules(rules);
  return (identity) => lastWord(ordered(identity));
}

/** Indexes the rules by whom they are for, so that a session looks at its own and at the patterns only. */
function compileRules(rules: readonly AccessRule[], isOpenEnded: boolean): (identity: Identity) => Access {
  const file = rules[0]?.origin.file ?? null;
  const guests = compileList(rules.filter(({ who }) => who.kind === "anonymous"));
  const users = compileUsers(rules);
  const patterns = compileList(rules.filter(({ who }) => who.kind === "everyone"));
  return (identity) => {
    const danger = dangerousName(identity);
    return ruledAccess({
      username: identity.username,
      file,
      own: identity.username === null ? guests : (users.get(identity.username) ?? []),
      patterns: danger === null ? fillList(patterns, identity) : closeList(patterns, danger),
      danger: patterns.length === 0 ? null : danger,
      isOpenEnded,
    });
  };
}

/** A user may have several sections: they count as one. */
function compileUsers(rules: readonly AccessRule[]): ReadonlyMap<string, readonly CompiledRule[]> {
  const sections = new Map<string, AccessRule[]>();
  for (const rule of rules) {
    if (rule.who.kind !== "user") continue;
    const section = sections.get(rule.who.name);
    if (section === undefined) sections.set(rule.who.name, [rule]);
    else section.push(rule);
  }
  return new Map([...sections].map(([name, section]) => [name, compileList(section)]));
}
