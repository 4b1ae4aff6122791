import { BackendError, messageOf } from "../core/errors.ts";
import { untilAborted } from "../core/until-aborted.ts";

/** Bounds of one question. */
interface Bounds {
  /** Who is asked, for the error's text. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Asks a question, at once when it is answered at once, and waits for a promise no longer than allowed.
 * @throws BackendError for whatever the question throws, and when the time is over.
 */
export function inTime<T>(ask: (signal: AbortSignal) => T | Promise<T>, bounds: Bounds): T | Promise<T> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([bounds.signal, deadline.signal]);
  try {
    const answer = ask(signal);
    return answer instanceof Promise ? wait(answer, signal, deadline, bounds) : answer;
  } catch (error) {
    throw undecided(bounds, error);
  }
}

async function wait<T>(answer: Promise<T>, signal: AbortSignal, deadline: AbortController, bounds: Bounds): Promise<T> {
  // the clock runs for promises only: most logins are decided from memory
  const clock = setTimeout(() => {
    deadline.abort(new BackendError(`no answer within ${bounds.timeoutMs} ms`));
  }, bounds.timeoutMs);
  try {
    return await untilAborted(answer, signal);
  } catch (error) {
    throw undecided(bounds, error);
  } finally {
    clearTimeout(clock);
  }
}

function undecided({ name }: Bounds, error: unknown): BackendError {
  return new BackendError(`${name}: ${messageOf(error)}`, { cause: error, source: name });
}
