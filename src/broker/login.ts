import { BackendError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { isAllowed } from "../core/reasons.ts";
import type { Credentials, Decision, Identity, LoginChain, Reason } from "../core/types.ts";

export type LoginAnswer =
  | { readonly verdict: "allow"; readonly identity: Identity }
  | { readonly verdict: "deny"; readonly reason: Reason };

/** A login that is being decided. */
export interface PendingLogin {
  /** The client has gone: nobody waits for the answer. */
  readonly abort: () => void;
}

export interface LoginDeps {
  readonly log: Logger;
  readonly timeoutMs: number;
}

/**
 * Asks who a client is and answers exactly once, unless aborted. A check that fails or takes too long is an answer
 * too: "cannot be checked", which is neither a yes nor a wrong password. Answers at once when the chain does.
 */
export function startLogin(
  chain: LoginChain,
  credentials: Credentials,
  { log, timeoutMs }: LoginDeps,
  answer: (answer: LoginAnswer) => void,
): PendingLogin {
  const controller = new AbortController();
  let isOver = false;
  let timer: NodeJS.Timeout | null = null;

  const end = (): boolean => {
    if (isOver) return false;
    isOver = true;
    if (timer !== null) clearTimeout(timer);
    return true;
  };
  const settle = (decision: Decision<Identity>): void => {
    if (!end()) return;
    if (isAllowed(decision)) answer({ verdict: "allow", identity: decision.value });
    else answer({ verdict: "deny", reason: decision.reason });
  };
  const fail = (error: unknown): void => {
    if (end()) answer({ verdict: "deny", reason: undecided(error, credentials, log) });
  };

  try {
    const decided = chain.authenticate(credentials, controller.signal);
    if (decided instanceof Promise) {
      timer = setTimeout(() => {
        fail(new BackendError(`no answer within ${timeoutMs} ms`));
        controller.abort();
      }, timeoutMs);
      void decided.then(settle, fail);
    } else {
      settle(decided);
    }
  } catch (error) {
    fail(error);
  }

  return {
    abort() {
      if (end()) controller.abort();
    },
  };
}

/** What is answered when a check came to no decision; says in the log why. */
export function undecided(error: unknown, { clientId, username, address }: Credentials, log: Logger): Reason {
  const fields = { clientId, username, address };
  if (error instanceof BackendError) log.debug(fields, `Login check failed: ${messageOf(error)}`);
  else log.error(fields, `A login check broke down: ${messageOf(error)}`);
  return unchecked(username, error instanceof BackendError ? error.source : null);
}

function unchecked(username: string | null, source: string | null): Reason {
  const whose = username === null ? "a client without a user name" : username;
  const cause =
    source === "home-assistant"
      ? "Home Assistant is not answering yet"
      : source === null
        ? "The check failed"
        : `The login source ${source} is not answering`;
  return {
    kind: "auth_unavailable",
    sentence: `${cause}, so the login of ${whose} cannot be checked`,
    hint: "The device was told to try again (server unavailable).",
  };
}
