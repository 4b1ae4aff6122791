import { placeOf } from "../core/problem.ts";
import { allow, deny, ignore } from "../core/reasons.ts";
import { covers, matches, overlaps } from "../core/topic.ts";
import type { Access, AccessRule, Action, Decision, Identity, RuleTrial } from "../core/types.ts";
import { keepDecisions } from "./decision-cache.ts";
import { fillNames } from "./ordered-filter.ts";
import { isFilterAction, reservedTopic } from "./reserved-topics.ts";
import { compileWho, type WhoTest } from "./who.ts";

/** A rule, and the test of whom it is for. */
interface OrderedRule {
  readonly rule: AccessRule;
  readonly test: WhoTest;
  /** What it says when it decides. */
  readonly decisions: Readonly<Record<OrderedAction, Decision>>;
}

/** A rule as it is for one client. */
interface HeldRule extends OrderedRule {
  /** null: it matches no topic of this client. */
  readonly filter: string | null;
  /** Why it does not: it is for somebody else, or its filter cannot be made. */
  readonly fault: string;
}

type OrderedAction = Exclude<Action, "unsubscribe">;

/**
 * Compiles rules whose order decides, as those of EMQ: the first that matches gives the answer, and where none does it
 * is `ignore`. A subscription is the set of its topics: a rule decides about it when it covers all of them. Whatever
 * was granted, each message is checked once more when it is delivered: it is received by who may subscribe to its topic.
 */
export function orderedRules(rules: readonly AccessRule[]): (identity: Identity) => Access {
  const compiled = rules.map(compileRule);
  return (identity) => {
    const held = compiled.flatMap((rule) => {
      const own = hold(rule, identity);
      return own.filter === null ? [] : [own];
    });
    const nothing = nothingMatched(rules[0]?.origin.file ?? null);
    const decided = keepDecisions((action, topic) => decide(held, action, topic, null) ?? nothing[action]);
    return {
      check(action, topic) {
        if (action === "unsubscribe") return UNSUBSCRIBE;
        return isFilterAction(action)
          ? (decide(held, action, topic, null) ?? nothing[action])
          : decided.of(action, topic);
      },
      explain(action, topic) {
        const trials: RuleTrial[] = [];
        // with the rules for others, which a check need not look at
        const all = compiled.map((rule) => hold(rule, identity));
        if (action !== "unsubscribe") decide(all, action, topic, trials);
        return trials;
      },
    };
  };
}

function compileRule(rule: AccessRule): OrderedRule {
  const quoted = `the rule ${rule.text} (${placeOf(rule.origin)})`;
  const decision = (kind: `${OrderedAction}_denied`): Decision =>
    rule.effect === "allow"
      ? allow("acl", undefined, { kind: "ok", sentence: `${quoted} allows it`, where: rule.origin })
      : deny("acl", {
          kind,
          sentence: `${quoted} denies it`,
          hint: "change that rule, or put one that allows it before it",
          where: rule.origin,
        });
  const decisions = {
    publish: decision("publish_denied"),
    subscribe: decision("subscribe_denied"),
    receive: decision("receive_denied"),
  };
  return { rule, test: compileWho(rule.who), decisions };
}

function hold(entry: OrderedRule, identity: Identity): HeldRule {
  const notFor = entry.test(identity);
  if (notFor !== null) return { ...entry, filter: null, fault: notFor };
  const { filter, fault } = fillNames(entry.rule, identity);
  return filter === null ? { ...entry, filter, fault } : { ...entry, filter, fault: "" };
}

/** The one way through the rules, for checks and explanations; null: nothing matched. */
function decide(
  held: readonly HeldRule[],
  action: OrderedAction,
  topic: string,
  trials: RuleTrial[] | null,
): Decision | null {
  if (action !== "subscribe") {
    const reserved = reservedTopic(action, topic);
    if (reserved !== null) return reserved;
  }
  const asked = action === "subscribe" ? withoutGroup(topic) : topic;
  for (const entry of held) {
    const matched = speaksOf(entry.rule, action) && decides(entry, action, asked);
    trials?.push({ rule: entry.rule, matched, why: whyOf(entry, action, asked) });
    if (matched) return entry.decisions[action];
  }
  return null;
}

/** Who may subscribe to a topic may receive from it. */
function speaksOf({ actions }: AccessRule, action: OrderedAction): boolean {
  return actions.includes(action === "receive" ? "subscribe" : action);
}

function decides({ rule, filter }: HeldRule, action: OrderedAction, asked: string): boolean {
  if (filter === null) return false;
  if (rule.match === "any") return true;
  if (rule.match === "exact") return filter === asked;
  return action === "subscribe" ? covers(filter, asked) : matches(filter, asked);
}

function whyOf(entry: HeldRule, action: OrderedAction, asked: string): string {
  const { rule, filter, fault } = entry;
  if (filter === null) return fault;
  if (!speaksOf(rule, action)) return `the rule is not about ${DOING[action]}`;
  if (rule.match === "any") return "the rule is about every topic";
  const shown = filter === rule.filter ? filter : `${rule.filter}, here ${filter},`;
  if (rule.match === "exact") {
    return filter === asked ? `${shown} is what was asked for` : `only ${shown} itself counts, not what it covers`;
  }
  const does = action === "subscribe" ? "cover" : "match";
  if (decides(entry, action, asked)) return `the filter ${shown} ${does}${action === "subscribe" ? "s" : "es"} it`;
  if (action === "subscribe" && overlaps(filter, asked)) {
    return rule.effect === "allow"
      ? `the filter ${shown} covers only a part of it`
      : `the filter ${shown} covers a part of it, so messages from that part are not delivered`;
  }
  return `the filter ${shown} does not ${does} it`;
}

const DOING: Readonly<Record<OrderedAction, string>> = {
  publish: "publishing",
  subscribe: "subscribing",
  receive: "subscribing, and so not about receiving",
};

/** A shared subscription is one to the filter behind its group: "$share/lamps/home/#" to "home/#". */
export function withoutGroup(filter: string): string {
  return /^\$share\/[^/]*\/(?<rest>.+)$/s.exec(filter)?.groups?.["rest"] ?? filter;
}

const UNSUBSCRIBE: Decision = allow("acl", undefined, {
  kind: "ok",
  sentence: "a client may always give a subscription back",
});

function nothingMatched(file: string | null): Readonly<Record<OrderedAction, Decision>> {
  const says = (kind: `${OrderedAction}_denied`, word: string): Decision =>
    ignore("acl", {
      kind,
      sentence: file === null ? "no rule allows it" : `no rule in ${file} allows it`,
      hint: `add a rule that allows ${word} it`,
      ...(file === null ? {} : { where: { file } }),
    });
  return {
    publish: says("publish_denied", "publishing to"),
    subscribe: says("subscribe_denied", "subscribing to all of"),
    receive: says("receive_denied", "subscribing to"),
  };
}
