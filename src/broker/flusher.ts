/** Something that has collected output. */
export interface Flushable {
  flush(): void;
}

/** Flushes everything that asked for it, once per turn of the event loop. */
export interface Flusher {
  /** The caller asks once and not again until it was flushed. */
  add(target: Flushable): void;
}

/** Makes a flusher; one immediate serves all connections, so that none needs its own. */
export function createFlusher(): Flusher {
  let waiting: Flushable[] = [];

  const flushAll = (): void => {
    const targets = waiting;
    waiting = [];
    for (const target of targets) target.flush();
  };

  return {
    add(target) {
      if (waiting.length === 0) setImmediate(flushAll);
      waiting.push(target);
    },
  };
}
