import type { ExplainAnswer, ExplainRequest } from "../core/api/access.ts";
import { placeOf } from "../core/problem.ts";
import { deny, isAllowed } from "../core/reasons.ts";
import { filterFault, topicFault } from "../core/topic.ts";
import type { Decision, Identity, RuleTrial } from "../core/types.ts";
import { proposeRule, type Proposal } from "./propose-rule.ts";
import type { Snapshot } from "./types.ts";

/** What of a moment decides about topics, and what a rule could be added to. */
export type Rules = Pick<Snapshot, "policy" | "acl" | "listenerFiles" | "dynsec" | "settings">;

/** Who wants to do what. */
export interface Question extends Pick<ExplainRequest, "action" | "topic"> {
  readonly identity: Identity;
}

/** An answer, what led to it, and the rule that would make it a yes. */
export interface Explained {
  readonly decision: Decision;
  readonly trials: readonly RuleTrial[];
  /** null: it is a yes, or no rule that can be named would make it one. */
  readonly proposal: Proposal | null;
}

/**
 * Explains what the rules say: for `culex explain`, the panel and its API. It asks the policy that the broker asks for each
 * packet.
 */
export function explainRules(rules: Rules, question: Question): Explained {
  const { identity, action, topic } = question;
  const fault = action === "subscribe" ? filterFault(topic) : topicFault(topic);
  if (fault !== null) {
    const noun = action === "subscribe" ? "topic filter" : "topic";
    const reason = { kind: `${action}_denied`, sentence: `"${topic}" is no ${noun}: ${fault}` } as const;
    return { decision: deny("broker", reason), trials: [], proposal: null };
  }
  const access = rules.policy.for(identity);
  const decision = access.check(action, topic);
  const trials = access.explain(action, topic);
  return { decision, trials, proposal: isAllowed(decision) ? null : proposeRule(rules, question, trials) };
}

/**
 * Somebody who is not there, as its rules would see it. What its login would bring along is known of users that stand in
 * the configuration only.
 */
export function absentIdentity(
  { username, clientId, ip, listener }: Partial<ExplainRequest> & Pick<ExplainRequest, "username">,
  { loginStages }: Pick<Snapshot, "loginStages">,
  reservedUsers: readonly string[],
): Identity {
  const brought = username === null ? null : broughtBy(username, loginStages);
  return {
    clientId: clientId ?? "",
    username,
    superuser: username !== null && reservedUsers.includes(username.toLowerCase()),
    source: "explain",
    proof: null,
    rules: null,
    ...brought,
    ...(ip === undefined ? {} : { address: ip }),
    ...(listener === undefined ? {} : { listener }),
  };
}

/** The first source that knows a user is the one that it logs in at. */
function broughtBy(username: string, stages: Snapshot["loginStages"]): Pick<Identity, "rules" | "prefix"> | null {
  for (const { authenticator } of stages) {
    const brought = authenticator.brings?.(username) ?? null;
    if (brought !== null) return brought;
  }
  return null;
}

/** The answer in one sentence, without a capital: "denied: no rule of user meter matches; default is deny (acl). To change that: add ...". */
export function verdictText({ decision }: Pick<Explained, "decision">): string {
  const { sentence, hint } = decision.reason;
  const advice = hint === undefined ? "" : ` To change that: ${hint}.`;
  return `${isAllowed(decision) ? "allowed" : "denied"}: ${sentence}.${advice}`;
}

/** A rule that was tried, in one line. */
export function trialText({ rule, matched, why }: RuleTrial): string {
  return `${placeOf(rule.origin)}: ${rule.text}: ${matched ? "decides" : "does not decide"}: ${why}`;
}

/** The same as the API has it. */
export function explainAnswer(explained: Explained): ExplainAnswer {
  const { decision, trials, proposal } = explained;
  const sentence = verdictText(explained);
  const deciding = trials.findLast(({ matched }) => matched);
  return {
    allowed: isAllowed(decision),
    decidedBy:
      deciding === undefined
        ? null
        : { source: deciding.rule.origin.file, text: deciding.rule.text, where: deciding.rule.origin },
    steps: trials.map(({ rule, matched, why }) => ({
      source: rule.origin.file,
      rule: rule.text,
      matched,
      why,
      where: rule.origin,
    })),
    sentence: `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}`,
    ...(proposal === null ? {} : { suggestion: proposal.suggestion }),
  };
}
