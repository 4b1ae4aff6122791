import { placeOf } from "../core/problem.ts";
import { allow, deny } from "../core/reasons.ts";
import { matches } from "../core/topic.ts";
import type { AccessRule, Decision, Identity, ReasonKind, RuleTrial } from "../core/types.ts";
import { fillPlaceholders } from "./placeholders.ts";
import type { TopicAction } from "./reserved-topics.ts";

/** A rule with its filter made for a client and its answers made beforehand, so that a check allocates nothing. */
export interface CompiledRule {
  readonly rule: AccessRule;
  /** null: it can match no topic of this client. */
  readonly filter: string | null;
  /** Why `filter` is null. */
  readonly fault: string;
  /** What it says when it matches; null: it says nothing about this action. */
  readonly publish: Decision | null;
  readonly receive: Decision | null;
}

/** Compiles the rules of one list, deny rules first, otherwise in file order, as Mosquitto tries them. */
export function compileList(rules: readonly AccessRule[]): readonly CompiledRule[] {
  const denied = rules.filter(({ effect }) => effect === "deny");
  const allowed = rules.filter(({ effect }) => effect === "allow");
  return [...denied, ...allowed].map(compileRule);
}

/** Fills the placeholders of a list for one client. */
export function fillList(list: readonly CompiledRule[], identity: Identity): readonly CompiledRule[] {
  return list.map((entry) => {
    if (!entry.rule.placeholders) return entry;
    const { filter, fault } = fillPlaceholders(entry.rule.filter, identity);
    return { ...entry, filter, fault: fault ?? "" };
  });
}

/** Closes a list to a client: no rule in it matches, each for the same reason. */
export function closeList(list: readonly CompiledRule[], fault: string): readonly CompiledRule[] {
  return list.map((entry) => ({ ...entry, filter: null, fault }));
}

/**
 * Gives the answer of the first rule that matches and speaks about the action; null when none does. With `trials`,
 * every rule that was tried is written there: the explanation of an answer walks the same way as the answer.
 */
export function firstMatch(
  list: readonly CompiledRule[],
  action: TopicAction,
  topic: string,
  trials: RuleTrial[] | null,
): Decision | null {
  for (const entry of list) {
    const decision = entry[action];
    const decides = decision !== null && entry.filter !== null && matches(entry.filter, topic);
    if (trials !== null) trials.push({ rule: entry.rule, matched: decides, why: whyOf(entry, action, topic) });
    if (decides) return decision;
  }
  return null;
}

function compileRule(rule: AccessRule): CompiledRule {
  return {
    rule,
    filter: rule.filter,
    fault: "",
    publish: rule.actions.includes("publish") ? decisionOf(rule, "publish_denied") : null,
    receive: rule.actions.includes("receive") ? decisionOf(rule, "receive_denied") : null,
  };
}

function decisionOf(rule: AccessRule, denied: ReasonKind): Decision {
  const quoted = `the rule "${rule.text}" (${placeOf(rule.origin)})`;
  if (rule.effect === "allow") {
    return allow("acl", undefined, { kind: "ok", sentence: `${quoted} allows it`, where: rule.origin });
  }
  const hint = "change or remove that line if it should be allowed";
  return deny("acl", { kind: denied, sentence: `${quoted} denies it`, hint, where: rule.origin });
}

function whyOf({ rule, filter, fault, ...decisions }: CompiledRule, action: TopicAction, topic: string): string {
  if (filter === null) return fault;
  const shown = filter === rule.filter ? `the filter ${filter}` : `the filter ${rule.filter}, here ${filter},`;
  if (!matches(filter, topic)) {
    return topic.startsWith("$") && !filter.startsWith("$")
      ? `${shown} does not match: a topic that begins with "$" needs a filter that does so too`
      : `${shown} does not match`;
  }
  if (decisions[action] !== null) return `${shown} matches`;
  return `${shown} matches, but the rule allows ${action === "publish" ? "receiving" : "publishing"} only`;
}
