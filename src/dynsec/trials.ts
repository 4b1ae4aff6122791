import { isFilterAction } from "../acl/reserved-topics.ts";
import type { AccessRule, Action, Decision, RuleTrial, Who } from "../core/types.ts";
import { aclText } from "./role-rules.ts";
import type { RoleRule, Subject } from "./types.ts";
import { hasVariables } from "./variables.ts";

/** A question of access on its way through the roles. */
export interface Question {
  readonly action: Action;
  readonly topic: string;
  readonly subject: Subject;
  /** Takes down each step; null: only the answer is wanted. */
  readonly trials: RuleTrial[] | null;
}

/** Takes down that an access entry was tried. */
export function ruleTrial(rule: RoleRule, question: Question, matched: boolean): RuleTrial {
  const { acl, role } = rule;
  const effect = acl.allow ? "allow" : "deny";
  const text = `role ${role}: ${aclText(acl)}, ${effect}, priority ${acl.priority}`;
  return {
    rule: {
      ...ruleBase(question, rule.decision.reason.where?.file ?? ""),
      effect,
      filter: acl.topic,
      placeholders: hasVariables(acl.topic),
      text,
    },
    matched,
    why: whyOf(rule, question, matched),
  };
}

/** Takes down that a role refuses filters with wildcards. */
export function wildcardTrial(decision: Decision, question: Question): RuleTrial {
  const text = "allowwildcardsubs: false";
  const base = ruleBase(question, decision.reason.where?.file ?? "");
  return {
    rule: { ...base, effect: "deny", filter: question.topic, placeholders: false, text },
    matched: true,
    why: decision.reason.sentence,
  };
}

/** Takes down what the default access says. */
export function defaultTrial(name: string, allows: boolean, file: string, question: Question): RuleTrial {
  const effect = allows ? "allow" : "deny";
  const why = allows
    ? "no role decided, and the default access allows it"
    : question.topic.startsWith("$CONTROL")
      ? "no role decided, and the default access never opens topics that begin with $CONTROL"
      : "no role decided, and the default access does not allow it";
  return {
    rule: {
      ...ruleBase(question, file),
      effect,
      filter: "#",
      placeholders: false,
      text: `${DEFAULT}${name} ${effect}`,
    },
    matched: true,
    why,
  };
}

const DEFAULT = "defaultACLAccess: ";

/** Tells the default access from the entries of roles. */
export function isDefaultTrial({ rule }: RuleTrial): boolean {
  return rule.text.startsWith(DEFAULT);
}

function ruleBase(
  { action, subject }: Question,
  file: string,
): Omit<AccessRule, "effect" | "filter" | "text" | "placeholders"> {
  const who: Who = subject.username === null ? { kind: "anonymous" } : { kind: "user", name: subject.username };
  return { who, actions: [action], origin: { file } };
}

function whyOf({ acl, filter, fault }: RoleRule, { action }: Question, matched: boolean): string {
  if (filter === null && !matched) return fault;
  const shown =
    filter === null || filter === acl.topic ? `the filter ${acl.topic}` : `the filter ${acl.topic}, here ${filter},`;
  if (matched) return `${shown} matches`;
  if (!isFilterAction(action)) return `${shown} does not match`;
  if (acl.type.endsWith("Literal")) return `${shown} is not the one asked for, letter for letter`;
  return `${shown} does not cover it`;
}
