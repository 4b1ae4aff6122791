/** The signals of a broker's life. */
export interface Signals {
  /** Resolves with the name of the first signal that asks for the end. */
  readonly stopped: Promise<string>;
  /** From now on SIGHUP calls this. */
  onHangup(reload: () => void): void;
}

/**
 * Catches the signals. To be called before anything is loaded: until then they end the process by default, and a stop
 * during the start would look like a crash.
 */
export function catchSignals(): Signals {
  let hangup = (): void => undefined;
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  process.on("SIGHUP", () => hangup());
  return {
    stopped: promise,
    onHangup(reload) {
      hangup = reload;
    },
  };
}
