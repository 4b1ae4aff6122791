import { setTimeout as wait } from "node:timers/promises";
import type { Backend } from "../src/auth/backend.ts";
import { isReservedName } from "../src/core/reserved-names.ts";
import { BackendError } from "../src/core/errors.ts";
import type { Logger } from "../src/core/logger.ts";
import { allow, deny, ignore } from "../src/core/reasons.ts";
import type { Credentials, Decision, Identity } from "../src/core/types.ts";
import { counted } from "../src/core/words.ts";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";
import { createCircuitBreaker, type BreakerLimits } from "./circuit-breaker.ts";
import { createLoginMemory, type Login, type LoginMemory, type MemoryLimits } from "./login-memory.ts";
import { createLoginQueue } from "./login-queue.ts";
import type { Supervisor } from "./supervisor.ts";

/** Home Assistant's users log in with the passwords they have there. */
export interface HomeAssistantBackend extends Backend {
  /** Forgets every answer; the next login of each user is asked anew. */
  forget(): void;
}

export interface HomeAssistantLimits extends Omit<MemoryLimits, "staleMs"> {
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
 * Makes the backend once; what it remembers lives through reloads. `staleS` is how long a yes may serve after it was
 * given while nobody can be asked, at most 24 hours; 0 is never. `signal` ends every question when the broker stops.
 */
export function createHomeAssistantBackend(deps: {
  readonly supervisor: Pick<Supervisor, "checkLogin">;
  readonly log: Logger;
  readonly staleS?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds of a clock that is not set: `performance.now`. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<HomeAssistantLimits>;
}): HomeAssistantBackend {
  const { supervisor, log, now = () => performance.now(), random = Math.random } = deps;
  const stopping = deps.signal ?? new AbortController().signal;
  const staleMs = Math.min(Math.max(deps.staleS ?? 600, 0), 86_400) * 1000;
  const limits = { ...LIMITS, ...deps.limits };
  const breaker = createCircuitBreaker(limits.breaker, now);
  const queue = createLoginQueue(limits.slots, limits.places);
  const makeMemory = (): LoginMemory => createLoginMemory({ ...limits, staleMs }, now, random);
  let memory = makeMemory();
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
    const text = decode(password);
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
      if (flight.waiting === 0) flight.leave.abort();
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
    // forget() replaces it, and an answer to an older question must not come back with the new one
    const asked = memory;
    try {
      let answer = await askOnce(login, password, left);
      if (answer === "no" && asked.isNewPassword(login)) {
        // the Supervisor compares with its stored hash first and looks the new password up behind its "no"
        await wait(limits.retryMs, null, { signal: stopping });
        answer = await askOnce(login, password, stopping);
      }
      asked.remember(login, answer);
      return answer;
    } catch (error) {
      if (stopping.aborted) throw new BackendError("stopped before home assistant answered", { cause: error });
      throw error;
    }
  };

  const askOnce = async (login: Login, password: string, left: AbortSignal): Promise<"yes" | "no"> => {
    // those who queue up now would only wait to hear the same
    if (breaker.isOpen()) throw new BackendError("home assistant did not answer the last logins");
    return queue.run(async () => {
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
    if (!isSilent) log.warn({ err: error.message }, silenceLine(error, staleMs));
    isSilent = true;
  };

  const noteAnswer = (): void => {
    if (isSilent) log.notice({}, "Home Assistant answers logins again.");
    isSilent = false;
  };

  const authenticator = { name: NAME, authenticate };
  return {
    type: NAME,
    create: () => authenticator,
    forget() {
      // its keys are new too, so nobody joins a question from before
      memory = makeMemory();
    },
  };
}

function answered({ clientId }: Credentials, username: string, answer: "yes" | "no"): Decision<Identity> {
  if (answer === "no") return refused(username);
  return allow(NAME, { clientId, username, superuser: false, source: NAME, proof: null });
}

function refused(username: string): Decision<Identity> {
  return deny(NAME, { kind: "wrong_password", sentence: `Home Assistant did not accept the login of ${username}` });
}

/** null: not UTF-8, as JSON must be. */
function decode(password: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(password);
  } catch {
    return null;
  }
}

/** Waits for a shared answer as long as one client does. */
async function within<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void =>
    reject(new BackendError("home assistant did not answer in time", { cause: signal.reason }));
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function silenceLine(error: BackendError, staleMs: number): string {
  const now =
    staleMs === 0
      ? "Its users are told to try again (server unavailable)."
      : `Logins it accepted in the last ${duration(staleMs)} still work; others are told to try again (server unavailable).`;
  return `Home Assistant does not answer logins (${error.message}). ${now} This ends by itself when it answers; if it does not, restart Home Assistant.`;
}

/** "10 minutes", "24 hours", "90 seconds". */
function duration(ms: number): string {
  const units = [
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ] as const;
  const [unitMs, unit] = units.find(([unitMs]) => ms % unitMs === 0) ?? [1000, "second"];
  return counted(ms / unitMs, unit);
}
