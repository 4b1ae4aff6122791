import { setTimeout as wait } from "node:timers/promises";
import type { Backend } from "../src/auth/backend.ts";
import { BackendError } from "../src/core/errors.ts";
import type { Logger } from "../src/core/logger.ts";
import { allow, deny, ignore } from "../src/core/reasons.ts";
import { isReservedName } from "../src/core/reserved-names.ts";
import { createSlots } from "../src/core/slots.ts";
import { utf8Text } from "../src/core/text.ts";
import type { Credentials, Decision, Identity } from "../src/core/types.ts";
import { untilAborted } from "../src/core/until-aborted.ts";
import { counted } from "../src/core/words.ts";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";
import { createCircuitBreaker, type BreakerLimits } from "./circuit-breaker.ts";
import { createLoginMemory, type Login, type MemoryLimits } from "./login-memory.ts";
import type { Supervisor } from "./supervisor.ts";

export interface HomeAssistantLimits extends MemoryLimits {
  readonly breaker: BreakerLimits;
  /** Questions at a time, and logins that wait for their turn. */
  readonly slots: number;
  readonly places: number;
  /** Before a known user's new password is asked a second time. */
  readonly retryMs: number;
  /** How long an answer is waited for while an older yes would serve. */
  readonly patienceMs: number;
}

const LIMITS: HomeAssistantLimits = {
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

/** One question under way, for everybody who asks it at the same time. */
interface Flight {
  readonly answer: Promise<"yes" | "no">;
  /** Clients that wait for it. */
  waiting: number;
  /** Gives up its place in the queue. */
  readonly leave: AbortController;
}

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
  readonly limits?: Partial<HomeAssistantLimits>;
}): Backend {
  const { supervisor, log, now = () => performance.now(), random = Math.random } = deps;
  const stopping = deps.signal ?? new AbortController().signal;
  const limits = { ...LIMITS, ...deps.limits };
  const breaker = createCircuitBreaker(limits.breaker, now);
  const slots = createSlots(limits.slots, limits.places, "too many logins are waiting for an answer");
  const memory = createLoginMemory(limits, now, random);
  const flights = new Map<string, Flight>();
  let isSilent = false;

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
    const login = memory.login(username, text);
    const known = memory.recall(login);
    if (known !== null) return answered(credentials, username, known);
    return ask(login, text, signal).then((answer) => answered(credentials, username, answer));
  };

  const ask = async (login: Login, password: string, signal: AbortSignal): Promise<"yes" | "no"> => {
    const flight = flights.get(login.key) ?? takeOff(login, password);
    flight.waiting += 1;
    try {
      if (!memory.isGood(login)) return await within(flight.answer, signal);
      // the older yes must be given before the chain loses its patience
      return await within(flight.answer, AbortSignal.any([signal, AbortSignal.timeout(limits.patienceMs)]));
    } catch (error) {
      if (!(error instanceof BackendError) || signal.aborted || !memory.isGood(login)) throw error;
      noteSilence(error);
      return "yes";
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) flight.leave.abort(new BackendError("nobody waits for this login any more"));
    }
  };

  const takeOff = (login: Login, password: string): Flight => {
    const leave = new AbortController();
    const flight = { answer: fly(login, password, leave.signal), waiting: 0, leave };
    flights.set(login.key, flight);
    const land = (): void => void flights.delete(login.key);
    flight.answer.then(land, land);
    return flight;
  };

  /** Goes on when the clients have left, once it was asked: the answer serves their next attempt. */
  const fly = async (login: Login, password: string, left: AbortSignal): Promise<"yes" | "no"> => {
    try {
      let answer = await askOnce(login, password, left);
      if (answer === "no" && memory.isNewPassword(login)) {
        // the Supervisor compares with its stored hash first and looks the new password up behind its "no"
        await wait(limits.retryMs, null, { signal: stopping });
        answer = await askOnce(login, password, stopping);
      }
      memory.remember(login, answer);
      return answer;
    } catch (error) {
      if (stopping.aborted) throw new BackendError("stopped before home assistant answered", { cause: error });
      throw error;
    }
  };

  const askOnce = async (login: Login, password: string, left: AbortSignal): Promise<"yes" | "no"> => {
    // those who queue up now would only wait to hear the same
    if (breaker.isOpen()) throw new BackendError("home assistant did not answer the last logins");
    return slots.run(async () => {
      try {
        const answer = await breaker.run(() => supervisor.checkLogin(login.username, password, stopping));
        noteAnswer();
        return answer;
      } catch (error) {
        if (error instanceof BackendError && !stopping.aborted) noteSilence(error);
        throw error;
      }
    }, left);
  };

  const noteSilence = (error: BackendError): void => {
    if (!isSilent) log.warn({ err: error.message }, silenceLine(error, limits.staleMs));
    isSilent = true;
  };

  const noteAnswer = (): void => {
    if (isSilent) log.notice({}, "Home Assistant answers logins again.");
    isSilent = false;
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

/** Waits for a shared answer as long as one client does. */
async function within<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await untilAborted(answer, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    throw new BackendError("home assistant did not answer in time", { cause: error });
  }
}

function silenceLine(error: BackendError, staleMs: number): string {
  const recent = counted(staleMs / 60_000, "minute");
  const now = `Logins it accepted in the last ${recent} still work; others are told to try again (server unavailable).`;
  return `Home Assistant does not answer logins (${error.message}). ${now} This ends by itself when it answers; if it does not, restart Home Assistant.`;
}
