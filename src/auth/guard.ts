import { setTimeout as wait } from "node:timers/promises";
import { BackendError } from "../core/errors.ts";
import { createSlots } from "../core/slots.ts";
import { untilAborted } from "../core/until-aborted.ts";
import { createCircuitBreaker, type BreakerLimits } from "./circuit-breaker.ts";
import { createLoginMemory, type Login, type LoginMemory, type MemoryDeps, type MemoryLimits } from "./login-memory.ts";

/** Stands between the clients and a source that is asked over the network: it is asked as seldom as can be. */
export interface Guard<A> extends Pick<LoginMemory<A>, "login"> {
  /**
   * Answers from memory at once, or with everybody else who asks the same at the same time. While the source is silent
   * its last yes serves. `question` goes on when the clients have left, once it was asked: the answer serves their next
   * attempt.
   * @throws BackendError when there is no answer.
   */
  ask(login: Login, question: () => Promise<A>, signal: AbortSignal): A | Promise<A>;
}

export interface GuardLimits extends MemoryLimits {
  readonly breaker: BreakerLimits;
  /** Questions at a time, and logins that wait for their turn. */
  readonly slots: number;
  readonly places: number;
  /** Before a known owner's new password is asked a second time; null: once is enough. */
  readonly retryMs: number | null;
  /** How long an answer is waited for while an older yes would serve, or while the source is known not to answer. */
  readonly patienceMs: number;
}

/** What happened to a question, for the figures of a source. */
export type GuardEvent = "asked" | "failed" | "open" | "stale";

export interface GuardDeps<A> extends MemoryDeps<A> {
  readonly limits: GuardLimits;
  /** The source, for the texts of errors: "home assistant". */
  readonly source: string;
  /** Called at the first failure, and again after an answer. */
  readonly silent: (error: BackendError) => void;
  readonly back: () => void;
  readonly count: (event: GuardEvent) => void;
  /** Ends every question when the broker stops. */
  readonly stopping: AbortSignal;
}

/** One question under way, for everybody who asks it at the same time. */
interface Flight<A> {
  readonly answer: Promise<A>;
  /** Clients that wait for it. */
  waiting: number;
  /** Gives up its place in the queue. */
  readonly leave: AbortController;
}

/** Makes the guard of one source; made once, since what it remembers must live through reloads. */
export function createGuard<A>(deps: GuardDeps<A>): Guard<A> {
  const { limits, source, stopping, isYes, now, count } = deps;
  const breaker = createCircuitBreaker(limits.breaker, now);
  const slots = createSlots(limits.slots, limits.places, "too many logins are waiting for an answer");
  const memory = createLoginMemory(deps);
  const flights = new Map<string, Flight<A>>();
  let isSilent = false;

  const join = async (login: Login, question: () => Promise<A>, signal: AbortSignal): Promise<A> => {
    const isKnownSilent = breaker.isTripped();
    const flight = flights.get(login.key) ?? takeOff(login, question);
    flight.waiting += 1;
    try {
      if (!isKnownSilent && memory.good(login) === null) return await within(flight.answer, signal, source);
      // the older yes must be given before the chain loses its patience; who asks for all others must not wait for long
      const patience = AbortSignal.any([signal, AbortSignal.timeout(limits.patienceMs)]);
      return await within(flight.answer, patience, source);
    } catch (error) {
      const older = error instanceof BackendError && !signal.aborted ? memory.good(login) : null;
      if (older === null || !(error instanceof BackendError)) throw error;
      count("stale");
      noteSilence(error);
      return older;
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) flight.leave.abort(new BackendError("nobody waits for this login any more"));
    }
  };

  const takeOff = (login: Login, question: () => Promise<A>): Flight<A> => {
    const leave = new AbortController();
    const flight = { answer: fly(login, question, leave.signal), waiting: 0, leave };
    flights.set(login.key, flight);
    const land = (): void => void flights.delete(login.key);
    flight.answer.then(land, land);
    return flight;
  };

  const fly = async (login: Login, question: () => Promise<A>, left: AbortSignal): Promise<A> => {
    try {
      let answer = await askOnce(question, left);
      if (limits.retryMs !== null && !isYes(answer) && memory.isNewPassword(login)) {
        // a source may compare with what it has stored first, and look the new password up behind its "no"
        await wait(limits.retryMs, null, { signal: stopping });
        answer = await askOnce(question, stopping);
      }
      memory.remember(login, answer);
      return answer;
    } catch (error) {
      if (stopping.aborted) throw new BackendError(`stopped before ${source} answered`, { cause: error });
      throw error;
    }
  };

  const askOnce = async (question: () => Promise<A>, left: AbortSignal): Promise<A> => {
    // those who queue up now would only wait to hear the same
    if (breaker.isOpen()) {
      count("open");
      throw new BackendError(`${source} did not answer the last logins`);
    }
    return slots.run(async () => {
      try {
        const answer = await breaker.run(() => {
          count("asked");
          return question();
        });
        noteAnswer();
        return answer;
      } catch (error) {
        if (error instanceof BackendError && !stopping.aborted) {
          count("failed");
          noteSilence(error);
        }
        throw error;
      }
    }, left);
  };

  const noteSilence = (error: BackendError): void => {
    if (!isSilent) deps.silent(error);
    isSilent = true;
  };

  const noteAnswer = (): void => {
    if (isSilent) deps.back();
    isSilent = false;
  };

  return {
    login: memory.login,
    ask: (login, question, signal) => memory.recall(login) ?? join(login, question, signal),
  };
}

/** Waits for a shared answer as long as one client does. */
async function within<T>(answer: Promise<T>, signal: AbortSignal, source: string): Promise<T> {
  try {
    return await untilAborted(answer, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    throw new BackendError(`${source} did not answer in time`, { cause: error });
  }
}
