import type { Logger } from "../core/logger.ts";
import type { Authenticator } from "../core/types.ts";

/** What a backend may use; everything else it must be given in its settings. */
export interface BackendContext {
  readonly log: Logger;
  /** Checks a password against a stored hash off the event loop, with a cache of recent successes. */
  readonly verify: (storedHash: string, password: Uint8Array) => Promise<boolean>;
  /** Keyed digest, the same for the life of the process: what `Identity.proof` is made with. */
  readonly digest: (text: string) => string;
  readonly now: () => number;
}

/** A kind of login source: one file in auth/backends/ and one line in auth/registry.ts. */
export interface Backend {
  readonly type: string;
  /** @throws SettingsError when the settings do not fit the backend's schema. */
  create(settings: unknown, context: BackendContext): Authenticator;
}
