import type { Backend } from "../src/auth/backend.ts";
import { createGuard, type GuardLimits } from "../src/auth/guard.ts";
import type { BackendError } from "../src/core/errors.ts";
import type { Logger } from "../src/core/logger.ts";
import { allow, deny, ignore } from "../src/core/reasons.ts";
import { isReservedName } from "../src/core/reserved-names.ts";
import { utf8Text } from "../src/core/text.ts";
import type { Credentials, Decision, Identity } from "../src/core/types.ts";
import { counted } from "../src/core/words.ts";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";
import type { Supervisor } from "./supervisor.ts";

const LIMITS: GuardLimits = {
  acceptedMs: 300_000,
  acceptedJitterMs: 30_000,
  refusedMs: 5000,
  staleMs: 600_000,
  maxEntries: 10_000,
  breaker: { failures: 5, openMs: 5000, maxOpenMs: 60_000 },
  slots: 4,
  places: 1000,
  retryMs: 1500,
  patienceMs: 2000,
};

const NAME = "home-assistant";

/**
 * Lets Home Assistant's users log in with the passwords they have there. Made once; what it remembers lives through
 * reloads. `signal` ends every question when the broker stops.
 */
export function createHomeAssistantBackend(deps: {
  readonly supervisor: Pick<Supervisor, "checkLogin">;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  /** Milliseconds of a clock that is not set: `performance.now`. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<GuardLimits>;
}): Backend {
  const { supervisor, log, now = () => performance.now(), random = Math.random } = deps;
  const stopping = deps.signal ?? new AbortController().signal;
  const limits = { ...LIMITS, ...deps.limits };
  const guard = createGuard<"yes" | "no">({
    limits,
    source: "home assistant",
    isYes: (answer) => answer === "yes",
    counts: () => true,
    silent: (error) => log.warn({ err: error.message }, silenceLine(error, limits.staleMs)),
    back: () => log.notice({}, "Home Assistant answers logins again."),
    count: () => undefined,
    stopping,
    now,
    random,
  });

  const authenticate = (
    credentials: Credentials,
    signal: AbortSignal,
  ): Decision<Identity> | Promise<Decision<Identity>> => {
    const { username, password } = credentials;
    if (username === null) return ignore(NAME, { kind: "no_credentials", sentence: "sent no user name" });
    // the chain refuses these first; to ask about them would be to trust the answer
    if (isReservedName(username, HOME_ASSISTANT_USERS)) {
      return deny(NAME, { kind: "not_allowed", sentence: `the user name ${username} is reserved` });
    }
    // the Supervisor takes no such login for a question
    if (username === "") return ignore(NAME, { kind: "no_credentials", sentence: "sent an empty user name" });
    if (password === null) {
      return deny(NAME, { kind: "wrong_password", sentence: `sent no password for user ${username}` });
    }
    // JSON takes UTF-8 only
    const text = utf8Text(password);
    if (text === null) {
      return deny(NAME, {
        kind: "wrong_password",
        sentence: `sent a password for user ${username} that is no UTF-8 text`,
      });
    }
    // Home Assistant has one password per user, and compares with its stored hash before it looks a new one up
    const login = guard.login(username, text);
    const answer = guard.ask(login, () => supervisor.checkLogin(username, text, stopping), signal);
    return answer instanceof Promise
      ? answer.then((word) => answered(credentials, username, word))
      : answered(credentials, username, answer);
  };

  const authenticator = { name: NAME, authenticate };
  return { type: NAME, create: () => authenticator };
}

function answered({ clientId }: Credentials, username: string, answer: "yes" | "no"): Decision<Identity> {
  if (answer === "no") return refused(username);
  return allow(NAME, { clientId, username, superuser: false, source: NAME, proof: null });
}

function refused(username: string): Decision<Identity> {
  return deny(NAME, { kind: "wrong_password", sentence: `Home Assistant did not accept the login of ${username}` });
}

function silenceLine(error: BackendError, staleMs: number): string {
  const recent = counted(staleMs / 60_000, "minute");
  const now = `Logins it accepted in the last ${recent} still work; others are told to try again (server unavailable).`;
  return `Home Assistant does not answer logins (${error.message}). ${now} This ends by itself when it answers; if it does not, restart Home Assistant.`;
}
