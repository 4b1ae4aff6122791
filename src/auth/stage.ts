import { BackendError } from "../core/errors.ts";
import { matchesGlob } from "../core/glob.ts";
import type { Logger } from "../core/logger.ts";
import { deny, ignore } from "../core/reasons.ts";
import type { StageCondition, StageTerms } from "../core/stage-terms.ts";
import type { AccessRule, Authenticator, Credentials, Decision, Identity } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { StageLedger } from "./figures.ts";
import { createGuard, type Guard, type GuardEvent } from "./guard.ts";
import { inTime } from "./in-time.ts";
import { createStageAnswers } from "./stage-answers.ts";
import { stageLimits } from "./stage-limits.ts";

export interface StageDeps {
  readonly log: Logger;
  readonly ledger: StageLedger;
  /** Ends every question when the broker stops. */
  readonly stopping: AbortSignal;
}

/** What a source can be asked. */
type Answer =
  | { readonly kind: "login"; readonly decision: Decision<Identity> }
  | { readonly kind: "rights"; readonly rules: readonly AccessRule[] };

/**
 * Puts the terms of auth.yaml around an authenticator: it is asked about the clients it is meant for, under its id, and
 * one that is asked over a network as seldom as can be.
 */
export function createStage(inner: Authenticator, terms: StageTerms, deps: StageDeps): Authenticator {
  const { id, when, timeoutMs } = terms;
  const guard = terms.cache === null ? null : guardOf(terms, deps);
  const notMine = ignore(id, { kind: "unknown_user", sentence: `${id} is not asked about this client` });

  const adapt = (decision: Decision<Identity>): Decision<Identity> => {
    if (decision.verdict === "deny" && terms.denyMeans === "ignore") return ignore(id, decision.reason);
    if (decision.verdict !== "allow") return { ...decision, by: id };
    return { ...decision, by: id, value: ofStage(decision.value, terms) };
  };

  const inTimeOf = <T>(ask: (signal: AbortSignal) => T | Promise<T>): Promise<T> =>
    Promise.resolve(inTime(ask, { name: id, timeoutMs, signal: deps.stopping }));

  const decideLogin = (
    credentials: Credentials,
    signal: AbortSignal,
  ): Decision<Identity> | Promise<Decision<Identity>> => {
    if (guard === null) return inner.authenticate(credentials, signal);
    const { username, clientId, listener, address, certificate, password } = credentials;
    const owner = JSON.stringify(["login", username, clientId, listener, address, certificate, password !== null]);
    const answer = guard.ask(
      guard.login(owner, password ?? ""),
      async () => ({
        kind: "login",
        decision: await inTimeOf((signal) => inner.authenticate(credentials, signal)),
      }),
      signal,
    );
    return answer instanceof Promise ? answer.then(loginOf) : loginOf(answer);
  };

  const { ask: _unkept, ...own } = inner;
  const stage: Authenticator = {
    ...own,
    name: id,

    authenticate(credentials, signal) {
      if (!applies(when, credentials, credentials.certificate !== null)) return notMine;
      const decision = decideLogin(credentials, signal);
      return decision instanceof Promise ? decision.then(adapt) : adapt(decision);
    },

    recheck(identity) {
      if (!applies(when, identity, null)) {
        return deny(id, { kind: "not_allowed", sentence: `${id} is not asked about it any more` });
      }
      const isForced = typeof terms.superuser === "boolean" && terms.superuser !== identity.superuser;
      if (isForced || identity.rules === undefined) {
        return deny(id, { kind: "not_allowed", sentence: "it has to log in anew: its rights have changed" });
      }
      const decision = inner.recheck?.(identity);
      return decision === undefined
        ? { verdict: "allow", by: id, reason: STAYS, value: undefined }
        : { ...decision, by: id };
    },
  };
  const { scram, rights, ask } = inner;
  const answers = ask === undefined ? undefined : createStageAnswers(ask, terms, deps);
  return {
    ...stage,
    ...(scram !== undefined && {
      scram(credentials) {
        if (!applies(when, credentials, credentials.certificate !== null)) return notMine;
        const decision = scram(credentials);
        if (decision.verdict !== "allow") return { ...decision, by: id };
        return { ...decision, by: id, value: { ...decision.value, identity: ofStage(decision.value.identity, terms) } };
      },
    }),
    ...(rights !== undefined && {
      ...(terms.cache !== null && terms.cache.acceptedMs > 0 && { rightsMs: terms.cache.acceptedMs * 1.1 }),
      async rights(identity, signal) {
        if (guard === null) return rights(identity, signal);
        const question = async (): Promise<Answer> => ({
          kind: "rights",
          rules: await inTimeOf((signal) => rights(identity, signal)),
        });
        const answer = await guard.ask(guard.login(ownerOf("rights", identity), ""), question, signal);
        if (answer.kind !== "rights") throw new BackendError(`${id} gave no rules`);
        return answer.rules;
      },
    }),
    ...(answers !== undefined && { answers }),
  };
}

const STAYS = { kind: "ok", sentence: "allowed" } as const;

function guardOf({ id, cache }: StageTerms, { log, ledger, stopping }: StageDeps): Guard<Answer> {
  const kept = cache ?? { acceptedMs: 0, refusedMs: 0, staleMs: 0 };
  return createGuard<Answer>({
    limits: stageLimits(kept),
    source: id,
    isYes,
    counts: (answer) => !isExpired(answer),
    silent: (error) => log.warn({ err: error.message }, silenceLine(id, error, kept.staleMs)),
    back: () => log.notice({}, `The login source ${id} answers again.`),
    count: (event) => ledger.add(id, FIGURES[event], 1),
    stopping,
    now: () => performance.now(),
    random: Math.random,
  });
}

const FIGURES = {
  asked: "questions",
  failed: "failedQuestions",
  open: "open",
  stale: "stale",
} as const satisfies Record<GuardEvent, string>;

function isYes(answer: Answer): boolean {
  return answer.kind === "rights" || answer.decision.verdict === "allow";
}

function isExpired(answer: Answer): boolean {
  if (answer.kind !== "login" || answer.decision.verdict !== "allow") return false;
  const expiresAtMs = answer.decision.value.expiresAtMs ?? null;
  return expiresAtMs !== null && expiresAtMs <= Date.now();
}

function loginOf(answer: Answer): Decision<Identity> {
  if (answer.kind !== "login") throw new BackendError("this is no answer to a login");
  return answer.decision;
}

/** All that a source may ask about. */
function ownerOf(kind: string, identity: Identity, ...more: readonly string[]): string {
  const { username, clientId, listener, address, groups } = identity;
  return JSON.stringify([kind, username, clientId, listener, address, groups, ...more]);
}

function ofStage(identity: Identity, { id, superuser }: StageTerms): Identity {
  return {
    ...identity,
    source: id,
    superuser: superuser === "from_backend" ? identity.superuser : superuser,
    // it is known now that there are none
    rules: identity.rules ?? null,
    grants: identity.grants ?? [],
  };
}

/** Whether a stage is meant for a client; `hasCertificate` null: it is not known. */
function applies(
  { listeners, usernames, clientIds, hasCertificate: wanted }: StageCondition,
  { username, clientId, listener }: Pick<Identity, "username" | "clientId" | "listener">,
  hasCertificate: boolean | null,
): boolean {
  return (
    (listeners === null || listener === undefined || listeners.includes(listener)) &&
    (usernames === null || (username !== null && usernames.some((glob) => matchesGlob(glob, username)))) &&
    (clientIds === null || clientIds.some((glob) => matchesGlob(glob, clientId))) &&
    (wanted === null || hasCertificate === null || wanted === hasCertificate)
  );
}

function silenceLine(id: string, error: BackendError, staleMs: number): string {
  const others = "others are told to try again (server unavailable)";
  const now =
    staleMs === 0
      ? "Clients that need it are told to try again (server unavailable)."
      : `Logins it accepted in the last ${counted(Math.ceil(staleMs / 60_000), "minute")} still work; ${others}.`;
  return `The login source ${id} does not answer (${error.message}). ${now} This ends by itself when it answers.`;
}
