import { ConfigError } from "../core/errors.ts";
import { sentence } from "../core/problem.ts";
import { isAllowed } from "../core/reasons.ts";
import { counted, listed } from "../core/words.ts";
import { absentIdentity, explainRules, trialText, verdictText } from "../snapshot/explain.ts";
import type { ExplainCommand } from "./command.ts";
import { readMoment, reservedIn } from "./moment.ts";

/**
 * Prints whether a client may do something, by which rule, and why the rules before it do not decide; it asks the code
 * that the running broker asks. Gives the exit code 0: allowed, 1: denied, 78: there is
 * no such configuration or listener.
 */
export async function explain(command: ExplainCommand): Promise<0 | 1 | 78> {
  const { username, clientId, address, listener, action, topic } = command;
  try {
    const { snapshot } = await readMoment(command);
    const names = snapshot.settings.listeners.map(({ name }) => name);
    if (listener !== null && !names.includes(listener)) {
      process.stderr.write(`There is no listener ${listener}. Choose ${listed(names, "or")}.\n`);
      return 78;
    }
    const errors = snapshot.problems.filter(({ severity }) => severity === "error");
    if (errors.length > 0) {
      const shown = `The configuration has ${counted(errors.length, "error")}, and this is the answer of a broker that starts with it.`;
      process.stderr.write(`${shown} "culex check" names what to do.\n`);
    }
    const who = {
      username,
      clientId,
      ...(address === null ? {} : { ip: address }),
      ...(listener === null ? {} : { listener }),
    };
    const explained = explainRules(snapshot, {
      identity: absentIdentity(who, snapshot, reservedIn(command)),
      action,
      topic,
    });
    const steps = explained.trials.map((trial) => `  ${trialText(trial)}`);
    process.stdout.write(`${[verdictText(explained), ...steps].join("\n")}\n`);
    return isAllowed(explained.decision) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${sentence(problem)}\n`);
    return 78;
  }
}
