import { close, url } from "node:inspector";

/** The signals of a broker's life. */
export interface Signals {
  /** Resolves with the name of the first signal that asks for the end. */
  readonly stopped: Promise<string>;
  /** From now on this signal does that; before, it does nothing. */
  on(signal: Asking, act: () => void): void;
}

/** Signals that ask a running broker for something: to read its files again, to save, to list its subscriptions. */
const ASKING = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
type Asking = (typeof ASKING)[number];

/**
 * Catches the signals. To be called before anything is loaded: until then they end the process by default, and a stop
 * during the start would look like a crash.
 */
export function catchSignals(): Signals {
  const acts = new Map<Asking, () => void>();
  const { promise, resolve } = Promise.withResolvers<string>();
  // Another one while it stops changes nothing: a terminal sends it to the broker and to what started it, which passes it on.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  for (const signal of ASKING) process.on(signal, () => acts.get(signal)?.());
  closeDebugger();
  return { stopped: promise, on: (signal, act) => void acts.set(signal, act) };
}

/**
 * Closes the door that a SIGUSR1 before our handler has opened: Node then listens for a debugger. Its own option against
 * that, --disable-sigusr1, blocks the signal for us too.
 */
function closeDebugger(): void {
  const isWanted = process.execArgv.some((argument) => /^--inspect(-brk|-wait)?(=|$)/.test(argument));
  if (!isWanted && url() !== undefined) close();
}
