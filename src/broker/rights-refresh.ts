import type { Logger } from "../core/logger.ts";
import type { Identity, LoginChain } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { Engine } from "./engine.ts";
import type { Session } from "./sessions/session.ts";

export interface RightsRefreshDeps {
  readonly engine: Pick<Engine, "sessions" | "standingQuestion" | "useAnswers" | "useIdentity">;
  readonly logins: () => Pick<LoginChain, "renew">;
  readonly log: Logger;
}

export interface RightsRefresh {
  /** Looks at once: the rules may come from elsewhere now. */
  look(): void;
  stop(): void;
}

const INTERVAL_MS = 1_000;

/**
 * Asks the sources of rules again, as often as each of them is to be asked, so that a right that was taken away does not
 * last as long as a connection. While a source is silent its last word counts.
 */
export function createRightsRefresh({ engine, logins, log }: RightsRefreshDeps): RightsRefresh {
  const stopping = new AbortController();
  const busy = new WeakSet<Session>();

  /** Whether the session has other rights now. null: there is nothing to ask. */
  const refresh = (session: Session): Promise<boolean> | null => {
    const { identity } = session;
    const renewed = logins().renew?.(identity, stopping.signal) ?? null;
    const asked = engine.standingQuestion(session);
    if (renewed === null && asked === null && !session.isHeld) return null;
    return settle(session, renewed, asked);
  };

  const settle = async (
    session: Session,
    renewed: Promise<Identity | null> | null,
    asked: Promise<unknown> | null,
  ): Promise<boolean> => {
    const { identity, access } = session;
    await asked;
    const next = await renewed;
    // it logged in again meanwhile
    if (stopping.signal.aborted || session.identity !== identity) return false;
    if (next === null) return (asked !== null || session.isHeld) && engine.useAnswers(session, access);
    engine.useIdentity(session, next);
    // what was answered belongs to the identity before
    const now = session.access;
    await engine.standingQuestion(session);
    engine.useAnswers(session, now);
    return true;
  };

  const report = (changes: readonly boolean[]): void => {
    const count = changes.filter(Boolean).length;
    if (count === 0) return;
    log.notice({ count }, `The rights of ${counted(count, "session")} changed where they come from, and are in force.`);
  };

  const look = (): void => {
    const changes: Promise<boolean>[] = [];
    for (const session of engine.sessions.values()) {
      if (session.connection === null || busy.has(session)) continue;
      const change = refresh(session);
      if (change === null) continue;
      busy.add(session);
      changes.push(change.finally(() => busy.delete(session)));
    }
    if (changes.length > 0) void Promise.all(changes).then(report);
  };

  const timer = setInterval(look, INTERVAL_MS).unref();
  return {
    look,
    stop() {
      clearInterval(timer);
      stopping.abort();
    },
  };
}
