import { keepDecisions } from "../acl/decision-cache.ts";
import { isFilterAction, reservedTopic } from "../acl/reserved-topics.ts";
import type { TopicAction } from "../acl/reserved-topics.ts";
import { allow, ignore } from "../core/reasons.ts";
import { covers, matches } from "../core/topic.ts";
import type { Access, Action, Decision, RuleTrial } from "../core/types.ts";
import { basisOf, heldRules } from "./held-rules.ts";
import type { HeldRules } from "./held-rules.ts";
import { deniedKind } from "./role-rules.ts";
import { defaultTrial, ruleTrial, wildcardTrial } from "./trials.ts";
import type { Question } from "./trials.ts";
import type { DynsecState, FilterRules, RoleRule, Subject } from "./types.ts";

/**
 * The rights of a client, for as long as the state is in use: a change counts at the next question. It says `ignore`
 * where Mosquitto leaves the answer to others: then nobody else's yes means no.
 */
export function accessOf(state: DynsecState, subject: Subject): Access {
  let revision = state.accessRevision;
  let basis = basisOf(state, subject);
  let held = heldRules(state, subject);
  const decided = keepDecisions((action, topic) => decide(state, held, { action, topic, subject, trials: null }));

  const refresh = (): void => {
    if (revision === state.accessRevision) return;
    revision = state.accessRevision;
    const now = basisOf(state, subject);
    if (now.length === basis.length && now.every((one, at) => one === basis[at])) return;
    basis = now;
    held = heldRules(state, subject);
    decided.clear();
  };
  return {
    check(action, topic) {
      refresh();
      const decision = isFilterAction(action)
        ? decide(state, held, { action, topic, subject, trials: null })
        : decided.of(action, topic);
      return decision ?? nothingMatched(state, held, action, topic, subject);
    },
    explain(action, topic) {
      refresh();
      const trials: RuleTrial[] = [];
      decide(state, held, { action, topic, subject, trials });
      return trials;
    },
  };
}

/** The one way through the roles, for checks and explanations; null: nothing matched, and the default is no. */
function decide(state: DynsecState, held: HeldRules, question: Question): Decision | null {
  const { action, topic } = question;
  if (!held.isKnown) return null;
  if (!isFilterAction(action)) {
    const reserved = reservedTopic(action, topic);
    if (reserved !== null) return reserved;
  }
  if (held.refusal !== null) return held.refusal(action);
  for (const rules of held.roles) {
    const decision = isFilterAction(action) ? ofFilter(rules[action], question) : ofTopic(rules[action], question);
    if (decision !== null) return decision;
  }
  return ofDefault(state, question);
}

function ofTopic(rules: readonly RoleRule[], question: Question): Decision | null {
  for (const rule of rules) {
    const matched = rule.filter !== null && matches(rule.filter, question.topic);
    question.trials?.push(ruleTrial(rule, question, matched));
    if (matched) return rule.decision;
  }
  return null;
}

function ofFilter({ wildcards, literals, patterns }: FilterRules, question: Question): Decision | null {
  const { topic, trials } = question;
  if (wildcards !== null && /[+#]/.test(topic)) {
    trials?.push(wildcardTrial(wildcards, question));
    return wildcards;
  }
  for (const rule of literals) {
    // the text as it stands in the role is a literal too, placeholders or not
    const matched = rule.acl.topic === topic || rule.filter === topic;
    trials?.push(ruleTrial(rule, question, matched));
    if (matched) return rule.decision;
  }
  for (const rule of patterns) {
    const matched = rule.filter !== null && covers(rule.filter, topic);
    trials?.push(ruleTrial(rule, question, matched));
    if (matched) return rule.decision;
  }
  return null;
}

const DEFAULT_ALLOWED: Decision = allow("dynsec", undefined, {
  kind: "ok",
  sentence: "no role says anything about it, and the default access allows it",
});

function ofDefault(state: DynsecState, question: Question): Decision | null {
  const { action, topic, trials } = question;
  // the default never opens the topics of commands
  const allows = state.defaultAccess[DEFAULTS[action]] && !topic.startsWith("$CONTROL");
  trials?.push(defaultTrial(DEFAULTS[action], allows, state.file, question));
  return allows ? DEFAULT_ALLOWED : null;
}

const DEFAULTS = {
  publish: "publishClientSend",
  receive: "publishClientReceive",
  subscribe: "subscribe",
  unsubscribe: "unsubscribe",
} as const satisfies Record<Action, keyof DynsecState["defaultAccess"]>;

/** Composed when it is asked for: it names the entry to add for this topic. */
function nothingMatched(
  { file }: DynsecState,
  { isKnown }: HeldRules,
  action: Action,
  topic: string,
  { username }: Subject,
): Decision {
  const kind = deniedKind(action);
  const where = { file };
  if (!isKnown) {
    const sentence = `${username} is not among the clients of dynamic security`;
    return ignore("dynsec", { kind, sentence, hint: 'make it one with "createClient", and give it a role', where });
  }
  const whose = username === null ? "the group of anonymous clients" : `${username}, or a group of it,`;
  const type = isFilterAction(action) ? `${action}Pattern` : TYPES[action];
  const sentence = "no role says anything about it, and the default access does not allow it";
  return ignore("dynsec", { kind, sentence, hint: `give ${whose} a role with "${type} ${topic}"`, where });
}

const TYPES = {
  publish: "publishClientSend",
  receive: "publishClientReceive",
} as const satisfies Record<TopicAction, string>;
