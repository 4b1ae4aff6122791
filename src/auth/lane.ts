import { BackendError } from "../core/errors.ts";

/** Runs tasks a few at a time, in the order they came. */
export interface Lane {
  /**
   * `owner` is whose task it is: the stored hash that is checked.
   * @throws BackendError when too many tasks are waiting, or the lane is closed.
   */
  run<T>(owner: string, task: () => Promise<T>): Promise<T>;
  /** Refuses the tasks that wait; those that run come to their end. */
  close(): void;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: BackendError) => void;
}

/** Together with the client's bytes this bounds the memory that a storm of logins can take. */
const MAX_WAITING = 1000;

/** Identical checks are one task, so more than a few for one user is guessing: it must not make the others wait. */
const MAX_PER_OWNER = 4;

/** Makes a lane that runs at most `width` tasks at one time. */
export function createLane(width: number): Lane {
  const waiting: Waiting[] = [];
  const tasksOf = new Map<string, number>();
  let running = 0;
  let isClosed = false;

  const takeTurn = async (): Promise<void> => {
    if (running < width) {
      running += 1;
      return;
    }
    await new Promise<void>((start, refuse) => {
      waiting.push({ start, refuse });
    });
  };

  const passTurn = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.start();
  };

  const leave = (owner: string): void => {
    const left = (tasksOf.get(owner) ?? 0) - 1;
    if (left > 0) tasksOf.set(owner, left);
    else tasksOf.delete(owner);
  };

  return {
    async run(owner, task) {
      const own = tasksOf.get(owner) ?? 0;
      if (isClosed) throw stopping();
      if (own >= MAX_PER_OWNER) throw new BackendError("too many passwords are being checked for one user");
      if (waiting.length >= MAX_WAITING) throw new BackendError("too many password checks are waiting");
      tasksOf.set(owner, own + 1);
      try {
        await takeTurn();
        try {
          return await task();
        } finally {
          passTurn();
        }
      } finally {
        leave(owner);
      }
    },

    close() {
      isClosed = true;
      for (const { refuse } of waiting.splice(0)) refuse(stopping());
    },
  };
}

function stopping(): BackendError {
  return new BackendError("password checks have stopped");
}
