import type { Engine } from "./engine.ts";
import type { Session } from "./sessions/session.ts";

/** Holds one connection until its rules were asked. */
export interface Asking {
  isAsking(): boolean;
  /** Calls `then` when the question is answered, at once where there is none. */
  before(question: Promise<unknown> | null, then: () => void): void;
}

/** Shorter than any keep alive. */
const ALIVE_MS = 500;

/** Makes it; `alive` is called now and then while something is asked, since the client is not silent by its own doing. */
export function createAsking(alive: () => void): Asking {
  let isAsking = false;
  return {
    isAsking: () => isAsking,
    before(question, then) {
      if (question === null) {
        then();
        return;
      }
      isAsking = true;
      const clock = setInterval(alive, ALIVE_MS);
      void question.finally(() => {
        clearInterval(clock);
        isAsking = false;
        then();
      });
    },
  };
}

/** Asks what has to be known of a session before its client is told that it is there; then calls `then`. */
export function askStanding(
  asking: Asking,
  engine: Pick<Engine, "standingQuestion" | "useAnswers">,
  session: Session | null,
  then: () => void,
): void {
  const asked = session === null ? null : engine.standingQuestion(session);
  const access = session?.access;
  asking.before(asked, () => {
    if (session !== null && access !== undefined && asked !== null) engine.useAnswers(session, access);
    then();
  });
}
