import { BackendError } from "../core/errors.ts";
import { createSlots } from "../core/slots.ts";

/** Runs tasks a few at a time, in the order they came. */
interface Lane {
  /**
   * `owner` is whose task it is: the stored hash that is checked.
   * @throws BackendError when too many tasks are waiting, or the lane is closed.
   */
  run<T>(owner: string, task: () => Promise<T>): Promise<T>;
  /** Refuses the tasks that wait; those that run come to their end. */
  close(): void;
}

/** Together with the client's bytes this bounds the memory that a storm of logins can take. */
const MAX_WAITING = 1000;

/** Identical checks are one task, so more than a few for one user is guessing: it must not make the others wait. */
const MAX_PER_OWNER = 4;

/** Makes a lane that runs at most `width` tasks at one time. */
export function createLane(width: number): Lane {
  const slots = createSlots(width, MAX_WAITING, "too many password checks are waiting");
  const tasksOf = new Map<string, number>();
  const closing = new AbortController();

  const leave = (owner: string): void => {
    const left = (tasksOf.get(owner) ?? 0) - 1;
    if (left > 0) tasksOf.set(owner, left);
    else tasksOf.delete(owner);
  };

  return {
    async run(owner, task) {
      closing.signal.throwIfAborted();
      const own = tasksOf.get(owner) ?? 0;
      if (own >= MAX_PER_OWNER) throw new BackendError("too many passwords are being checked for one user");
      tasksOf.set(owner, own + 1);
      try {
        return await slots.run(task, closing.signal);
      } finally {
        leave(owner);
      }
    },

    close: () => closing.abort(new BackendError("password checks have stopped")),
  };
}
