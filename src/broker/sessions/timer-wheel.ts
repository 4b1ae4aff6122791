/** A moment to come. The owner keeps it and schedules it again; there is no closure in it. */
export interface Timer<T> {
  readonly target: T;
  /** Milliseconds since 1970; 0: not scheduled. */
  dueMs: number;
}

/** All clocks of the engine behind one interval: a slot of timers for each tick. */
export interface TimerWheel<T> {
  /** Schedules a timer, or moves it. It fires at `dueMs` or up to one tick later. */
  schedule(timer: Timer<T>, dueMs: number): void;
  cancel(timer: Timer<T>): void;
  /** Fires what is due. */
  advance(nowMs: number): void;
}

/** Makes a wheel; `fire` is called for each timer that is due, after it was taken off. */
export function createTimerWheel<T>(tickMs: number, startMs: number, fire: (target: T) => void): TimerWheel<T> {
  const slots = new Map<number, Set<Timer<T>>>();
  let passed = Math.floor(startMs / tickMs);
  const slotOf = (dueMs: number): number => Math.ceil(dueMs / tickMs);

  const remove = (timer: Timer<T>): void => {
    if (timer.dueMs === 0) return;
    const slot = Math.max(slotOf(timer.dueMs), 0);
    const timers = slots.get(slot);
    timers?.delete(timer);
    if (timers?.size === 0) slots.delete(slot);
    timer.dueMs = 0;
  };

  const fireSlot = (slot: number): void => {
    const timers = slots.get(slot);
    if (timers === undefined) return;
    slots.delete(slot);
    for (const timer of timers) {
      // cancelled or moved by one that fired before it
      if (timer.dueMs === 0 || slotOf(timer.dueMs) !== slot) continue;
      timer.dueMs = 0;
      fire(timer.target);
    }
  };

  return {
    schedule(timer, dueMs) {
      remove(timer);
      // what is due already fires at the next tick
      timer.dueMs = Math.max(dueMs, passed * tickMs + 1);
      const slot = slotOf(timer.dueMs);
      const timers = slots.get(slot);
      if (timers === undefined) slots.set(slot, new Set([timer]));
      else timers.add(timer);
    },
    cancel: remove,
    advance(nowMs) {
      const current = Math.floor(nowMs / tickMs);
      // after a long sleep the slots in use are fewer than the ticks missed
      if (current - passed > slots.size) {
        const due = [...slots.keys()].filter((slot) => slot <= current).toSorted((a, b) => a - b);
        passed = current;
        for (const slot of due) fireSlot(slot);
        return;
      }
      while (passed < current) fireSlot(++passed);
    },
  };
}
