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
