import { BackendError } from "../core/errors.ts";
import { deny } from "../core/reasons.ts";
import type { Authenticator, Decision, ExchangeStep, Grant, Identity, LoginChain } from "../core/types.ts";

/**
 * Lets a chain bring along what some sources have as rules for a client, whoever vouched for it. They are asked once it
 * is let in, all at a time; when one of them cannot say, nothing is decided.
 */
export function withRights(chain: LoginChain, sources: readonly Authenticator[]): LoginChain {
  const asked = sources.filter(({ rights }) => rights !== undefined);
  if (asked.length === 0) return chain;

  const grantsFor = (identity: Identity, signal: AbortSignal): Promise<readonly Grant[]> =>
    Promise.all(
      asked.map(async ({ name, rights }) => ({ source: name, rules: (await rights?.(identity, signal)) ?? [] })),
    );

  /** When the rules of an identity are asked for again. */
  const dueMs = new WeakMap<Identity, number>();
  const everyMs = Math.min(...asked.map(({ rightsMs = USUAL_MS }) => rightsMs));
  const schedule = (identity: Identity, spread: number): void => {
    // not all that came at a time at the same time again
    dueMs.set(identity, performance.now() + everyMs * (1 - spread * Math.random()));
  };

  const renewed = async (identity: Identity, signal: AbortSignal): Promise<Identity | null> => {
    try {
      const grants = await grantsFor(identity, signal);
      if (JSON.stringify(grants) === JSON.stringify(identity.grants)) return null;
      const next = { ...identity, grants };
      schedule(next, 0);
      return next;
    } catch (error) {
      // what it had stays
      if (error instanceof BackendError) return null;
      throw error;
    }
  };

  const enrich = async (identity: Identity, signal: AbortSignal): Promise<Identity> =>
    // it passes every rule
    identity.superuser ? identity : { ...identity, grants: await grantsFor(identity, signal) };

  const complete = async (decision: Decision<Identity>, signal: AbortSignal): Promise<Decision<Identity>> =>
    decision.verdict === "allow" ? { ...decision, value: await enrich(decision.value, signal) } : decision;

  const completeStep = async (step: ExchangeStep): Promise<ExchangeStep> => {
    if (step.verdict !== "allow") return step;
    const { identity, data } = step.value;
    return { ...step, value: { identity: await enrich(identity, NEVER), data } };
  };

  return {
    ...chain,
    renew(identity, signal) {
      const due = dueMs.get(identity);
      if (due !== undefined && performance.now() < due) return null;
      schedule(identity, due === undefined ? 1 : 0);
      const brought = identity.grants ?? [];
      return due === undefined || brought.length === 0 ? null : renewed(identity, signal);
    },
    recheck(identity) {
      const isComplete = asked.every(({ name }) => identity.grants?.some(({ source }) => source === name));
      if (identity.superuser || isComplete) return chain.recheck(identity);
      return deny(chain.name, {
        kind: "not_allowed",
        sentence: "it has to log in anew: its rules come from elsewhere",
      });
    },
    authenticate(credentials, signal) {
      const answer = chain.authenticate(credentials, signal);
      if (answer instanceof Promise) return answer.then((decision) => complete(decision, signal));
      return answer.verdict === "allow" ? complete(answer, signal) : answer;
    },
    exchange(method, credentials) {
      const exchange = chain.exchange(method, credentials);
      if (exchange === null) return null;
      return {
        answer(data) {
          const step = exchange.answer(data);
          if (step instanceof Promise) return step.then(completeStep);
          return step.verdict === "allow" ? completeStep(step) : step;
        },
      };
    },
  };
}

/** Where the rules of a source do not count for a time of their own. */
const USUAL_MS = 60_000;

/** The broker bounds the steps of an authentication by itself. */
const NEVER = new AbortController().signal;
