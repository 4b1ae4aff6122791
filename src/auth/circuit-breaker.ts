import { BackendError } from "../core/errors.ts";

interface CircuitBreaker {
  /** Whether a call would be refused now. */
  isOpen(): boolean;
  /** Whether the last calls failed, so that a call which is not refused is a probe. */
  isTripped(): boolean;
  /**
   * Makes a call, or refuses it while the service is known not to answer.
   * @throws BackendError when refused, and whatever `call` throws.
   */
  run<T>(call: () => Promise<T>): Promise<T>;
}

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open at first; each probe that fails doubles it. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/**
 * Spares a service that does not answer, and those who would wait for it: after some failures in a row every call is
 * refused at once, until one probe at a time finds the service answering again.
 */
export function createCircuitBreaker(limits: BreakerLimits, now: () => number): CircuitBreaker {
  let failures = 0;
  let openMs = limits.openMs;
  let openUntilMs = 0;
  let isProbing = false;

  const isTripped = (): boolean => failures >= limits.failures;
  const isOpen = (): boolean => isTripped() && (isProbing || now() < openUntilMs);

  return {
    isOpen,
    isTripped,
    async run(call) {
      if (isOpen()) throw new BackendError("asked too often without an answer");
      const isProbe = isTripped();
      isProbing ||= isProbe;
      try {
        const result = await call();
        failures = 0;
        openMs = limits.openMs;
        return result;
      } catch (error) {
        // calls that were under way when it opened tell nothing new
        if (isProbe || !isTripped()) {
          failures += 1;
          if (isProbe) openMs = Math.min(limits.maxOpenMs, openMs * 2);
          if (isTripped()) openUntilMs = now() + openMs;
        }
        throw error;
      } finally {
        if (isProbe) isProbing = false;
      }
    },
  };
}
