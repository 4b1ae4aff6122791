import { ConfigError } from "../core/errors.ts";
import { placeOf, sentence } from "../core/problem.ts";
import { isAllowed } from "../core/reasons.ts";
import { filterFault, topicFault } from "../core/topic.ts";
import type { Decision, Identity, Policy, RuleTrial } from "../core/types.ts";
import { counted, listed } from "../core/words.ts";
import type { ExplainCommand } from "./command.ts";
import { readMoment, reservedIn } from "./moment.ts";

/** What a client wants to do. */
export interface Question {
  readonly identity: Identity;
  readonly action: "publish" | "subscribe";
  readonly topic: string;
}

interface Answer {
  readonly decision: Decision;
  readonly trials: readonly RuleTrial[];
}

/**
 * Prints whether a client may do something, by which rule, and why the rules before it do not decide; it asks the code
 * that the running broker asks. Gives the exit code 0: allowed, 1: denied, 78: there is
 * no such configuration or listener.
 */
export async function explain(command: ExplainCommand): Promise<0 | 1 | 78> {
  try {
    const question = questionOf(command);
    const { action, topic } = question;
    const fault = action === "publish" ? topicFault(topic) : filterFault(topic);
    if (fault !== null) {
      const noun = action === "publish" ? "topic" : "topic filter";
      process.stdout.write(`denied: "${topic}" is no ${noun}: ${fault}.\n`);
      return 1;
    }
    const { snapshot } = await readMoment(command);
    const names = snapshot.settings.listeners.map(({ name }) => name);
    if (command.listener !== null && !names.includes(command.listener)) {
      process.stderr.write(`There is no listener ${command.listener}. Choose ${listed(names, "or")}.\n`);
      return 78;
    }
    const errors = snapshot.problems.filter(({ severity }) => severity === "error");
    if (errors.length > 0) {
      const shown = `The configuration has ${counted(errors.length, "error")}, and this is the answer of a broker that starts with it.`;
      process.stderr.write(`${shown} "culex check" names what to do.\n`);
    }
    const answer = ask(snapshot.policy, question);
    process.stdout.write(`${texts(answer).join("\n")}\n`);
    return isAllowed(answer.decision) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${sentence(problem)}\n`);
    return 78;
  }
}

/** Asks the rules for a decision and what led to it. */
export function ask(policy: Policy, { identity, action, topic }: Question): Answer {
  const access = policy.for(identity);
  return { decision: access.check(action, topic), trials: access.explain(action, topic) };
}

function questionOf(command: ExplainCommand): Question {
  const { username, clientId, address, listener, action, topic } = command;
  const isReserved = username !== null && reservedIn(command).includes(username.toLowerCase());
  const identity: Identity = { clientId, username, superuser: isReserved, source: "explain", proof: null, rules: null };
  return {
    identity: {
      ...identity,
      ...(address === null ? {} : { address }),
      ...(listener === null ? {} : { listener }),
    },
    action,
    topic,
  };
}

function texts({ decision, trials }: Answer): readonly string[] {
  const { sentence: why, hint } = decision.reason;
  const advice = hint === undefined ? "" : ` To change that: ${hint}.`;
  return [
    `${isAllowed(decision) ? "allowed" : "denied"}: ${why}.${advice}`,
    ...trials.map(({ rule, matched, why: reason }) => {
      return `  ${placeOf(rule.origin)}: ${rule.text}: ${matched ? "decides" : "does not decide"}: ${reason}`;
    }),
  ];
}
