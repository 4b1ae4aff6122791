import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { filterFault } from "../../core/topic.ts";
import type { AccessRule, Action } from "../../core/types.ts";

/** What a token allows and denies, or why that cannot be told, as the end of a sentence. */
export type AclClaim = { readonly rules: readonly AccessRule[] } | { readonly fault: string };

const ACTIONS: Readonly<Record<string, readonly Action[]>> = {
  publish: ["publish"],
  subscribe: ["subscribe", "receive"],
  all: ["publish", "subscribe", "receive"],
};

/** The older form allows only: `{"pub": ["a/b"], "sub": ["a/#"], "all": ["${clientid}/#"]}`. */
const LISTS = [
  ["pub", "publish"],
  ["sub", "subscribe"],
  ["all", "all"],
] as const;

/** What the policy fills in for a client. */
const NAMES = /%[uc]|\$\{(?:username|clientid)\}/;

const RULE_KEYS: readonly string[] = ["permission", "action", "topic", "topics"];

/** More than any device needs; all of them are tried for each new topic. */
const MAX_RULES = 1000;

/**
 * Reads the rules in a token in either form of EMQX; the newer one is a list of
 * `{"permission": "allow", "action": "publish", "topic": "home/${username}/#"}`. One rule that cannot be kept exactly
 * spoils them all: without it the others could allow more than was meant.
 */
export function parseAclClaim(claim: unknown): AclClaim {
  const drafts = draftsOf(claim);
  if (drafts === null) return { fault: "is neither a list of rules nor an object of topic lists" };
  if (drafts.length > MAX_RULES) return { fault: `has more than ${MAX_RULES} rules` };
  const rules: AccessRule[] = [];
  for (const draft of drafts) {
    const rule = ruleOf(draft);
    if (typeof rule === "string") return { fault: rule };
    rules.push(rule);
  }
  return { rules };
}

/** A rule whose parts are not believed yet. */
interface Draft {
  readonly permission: unknown;
  readonly action: unknown;
  readonly topic: unknown;
  /** A key that says something that would not be kept: "qos", "retain"; null: none. */
  readonly excess: string | null;
}

/** null: it has neither form. */
function draftsOf(claim: unknown): readonly Draft[] | null {
  if (Array.isArray(claim)) return claim.every(isRawObject) ? claim.flatMap(listed) : null;
  if (!isRawObject(claim) || Object.keys(claim).some((key) => !LISTS.some(([name]) => name === key))) return null;
  const lists = LISTS.map(([name, action]) => ({ action, topics: claim[name] ?? [] }));
  return lists.flatMap(({ action, topics }) =>
    // what is no list becomes one draft, and that has no topic
    (Array.isArray(topics) ? topics : [null]).map((topic: unknown) => {
      return { permission: "allow", action, topic, excess: null };
    }),
  );
}

function listed(rule: RawObject): readonly Draft[] {
  const { permission, action = "all", topic, topics } = rule;
  const hasBoth = topic !== undefined && topics !== undefined;
  const excess = Object.keys(rule).find((key) => !RULE_KEYS.includes(key)) ?? (hasBoth ? "topics" : null);
  const every: readonly unknown[] = Array.isArray(topics) ? topics : [topic];
  return every.map((topic) => ({ permission, action, topic, excess }));
}

function ruleOf({ permission, action, topic, excess }: Draft): AccessRule | string {
  if (excess !== null) return `has a rule with "${excess}", which is not carried out here`;
  if (permission !== "allow" && permission !== "deny") return 'has a rule that is neither "allow" nor "deny"';
  const actions = typeof action === "string" && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (actions === undefined) return 'has a rule whose action is not "publish", "subscribe" or "all"';
  if (typeof topic !== "string") return "has a rule without a topic";
  const text = `${permission} ${String(action)} ${topic}`;
  // "eq a/#" means the filter a/# itself and not what it matches
  const isExact = topic.startsWith("eq ");
  const filter = isExact ? topic.slice(3) : topic;
  if (filterFault(filter) !== null) return `has the rule "${text}", which has no topic filter`;
  return {
    effect: permission,
    who: { kind: "everyone" },
    actions,
    filter,
    placeholders: NAMES.test(filter),
    ...(isExact ? { match: "exact" } : {}),
    text,
    origin: { file: "the acl claim of its token" },
  };
}
