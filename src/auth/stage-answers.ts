import { BackendError, messageOf } from "../core/errors.ts";
import type { StageTerms } from "../core/stage-terms.ts";
import type { Authenticator, Decision, Identity, TopicAnswers } from "../core/types.ts";
import { createGuard } from "./guard.ts";
import { inTime } from "./in-time.ts";
import type { StageDeps } from "./stage.ts";
import { stageLimits } from "./stage-limits.ts";
import { createTopicAnswers } from "./topic-answers.ts";

const NOTHING_KEPT = { acceptedMs: 0, refusedMs: 0, staleMs: 0 };

/**
 * Puts the terms of a stage around a source that is asked about each topic. What it answered is kept for each client as
 * long as its identity is. It has a guard of its own: a flood of topics takes no login's place, and a service for rules
 * that is silent closes no login.
 */
export function createStageAnswers(
  ask: NonNullable<Authenticator["ask"]>,
  { id, timeoutMs, onError, cache }: StageTerms,
  { log, ledger, stopping }: StageDeps,
): (identity: Identity) => TopicAnswers {
  const terms = cache ?? NOTHING_KEPT;
  const now = (): number => performance.now();
  const guard = createGuard<Decision>({
    // fresh answers are kept with each client; here is what serves while the source is silent
    limits: stageLimits({ ...NOTHING_KEPT, staleMs: terms.staleMs }),
    source: id,
    isYes: ({ verdict }) => verdict === "allow",
    counts: () => true,
    silent: (error) =>
      log.warn(
        { err: error.message },
        `The source of rules ${id} does not answer (${error.message}). What it has to be asked about is ${
          onError === "deny" ? "refused" : "decided by the next source"
        }, unless it said yes to it before. This ends by itself when it answers.`,
      ),
    back: () => log.notice({}, `The source of rules ${id} answers again.`),
    count(event) {
      if (event === "asked" || event === "stale" || event === "open") ledger.add(id, FIGURES[event], 1);
      else ledger.add(id, "failedQuestions", 1);
    },
    stopping,
    now,
    random: Math.random,
  });
  const kept = new WeakMap<Identity, TopicAnswers>();

  return (identity) => {
    const known = kept.get(identity);
    if (known !== undefined) return known;
    const { username, clientId, listener, address, groups } = identity;
    const answers = createTopicAnswers({
      source: id,
      onError,
      acceptedMs: terms.acceptedMs,
      refusedMs: terms.refusedMs,
      now,
      async ask(action, topic) {
        const owner = JSON.stringify([username, clientId, listener, address, groups, action, topic]);
        const question = (): Promise<Decision> =>
          Promise.resolve(
            inTime((signal) => ask(identity, action, topic, signal), { name: id, timeoutMs, signal: stopping }),
          );
        try {
          const decision = await guard.ask(guard.login(owner, ""), question, stopping);
          return { ...decision, by: id };
        } catch (error) {
          if (!(error instanceof BackendError))
            log.error({}, `The source of rules ${id} broke down: ${messageOf(error)}`);
          throw error;
        }
      },
    });
    kept.set(identity, answers);
    return answers;
  };
}

const FIGURES = { asked: "questions", open: "open", stale: "stale" } as const;
