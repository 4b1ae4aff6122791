import type { AedesOptions, AedesPublishPacket, Client } from "aedes";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Snapshot } from "../snapshot/types.ts";
import type { Link } from "./link.ts";
import { startLogin, type LoginAnswer } from "./login.ts";
import { counterOf, withoutWillDelay } from "./seam.ts";
import { createSession, type SessionDeps } from "./session.ts";

export interface HookDeps {
  readonly current: () => Snapshot;
  readonly record: SessionDeps["record"];
  readonly log: Logger;
  readonly loginTimeoutMs: number;
  /** The link of a client, also after it ended: a will comes late. */
  readonly linkOf: (client: Client) => Link | null;
  /** Called before the engine hears of the login, so that a session of the same name can be told. */
  readonly accepted: (link: Link, clientId: string) => void;
  /** Ties what must be called off to the end of a connection. */
  readonly onEnd: (link: Link, callOff: (() => void) | null) => void;
}

type Hooks = Required<
  Pick<AedesOptions, "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward">
>;

/**
 * Makes the engine's hooks. None of them throws, whatever is asked: the engine would take the process down with it.
 * A question that cannot be answered is a no.
 */
export function createHooks(deps: HookDeps): Hooks {
  const { current, record, log, linkOf } = deps;

  const authenticate: Hooks["authenticate"] = (client, username, password, done) => {
    const link = linkOf(client);
    if (link === null) return done(null, false);
    const info = link.identify(client.id, username ?? null);
    const credentials = {
      ...info,
      password: password ?? null,
      certificate: link.info.tls,
    };
    let answered = false;
    const answer = (login: LoginAnswer): void => {
      answered = true;
      deps.onEnd(link, null);
      // A refusal is answered by the link, with the exact code; the engine only sees the connection end.
      if (login.verdict === "deny") return link.refuse(login.reason);
      deps.accepted(link, client.id);
      link.accept(createSession({ identity: login.identity, client: info, current, record, log }));
      done(null, true);
    };
    const pending = startLogin(current().logins, credentials, { log, timeoutMs: deps.loginTimeoutMs }, answer);
    if (!answered) deps.onEnd(link, pending.abort);
  };

  /** Messages of clients were decided by their link; a second answer after a reload could cut a 3.x client off. */
  const authorizePublish: Hooks["authorizePublish"] = (client, packet, done) => {
    if (client === null || !isWill(packet)) return done(null);
    withoutWillDelay(packet);
    const { topic } = packet;
    const session = linkOf(client)?.session() ?? null;
    const isName = topic !== "" && !topic.includes("#") && !topic.includes("+");
    if (isName && session?.mayPublish(topic) === true) done(null);
    else done(new Error(`will to '${topic}' not allowed`));
  };

  const authorizeSubscribe: Hooks["authorizeSubscribe"] = (client, subscription, done) => {
    const isAllowed = linkOf(client)?.session()?.maySubscribe(subscription.topic) === true;
    done(null, isAllowed ? subscription : null);
  };

  const authorizeForward: Hooks["authorizeForward"] = (client, packet) => {
    const session = linkOf(client)?.session() ?? null;
    if (session === null || !session.mayReceive(packet.topic)) return null;
    // Overlapping filters of one client ask once each for the same message, which it gets once.
    const counter = counterOf(packet);
    return counter !== null && !session.isNew(counter) ? null : packet;
  };

  return {
    authenticate: (client, username, password, done) => {
      guarded(
        log,
        () => authenticate(client, username, password, done),
        () => done(null, false),
      );
    },
    authorizePublish: (client, packet, done) => {
      guarded(
        log,
        () => authorizePublish(client, packet, done),
        () => done(new Error("not decided")),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      guarded(
        log,
        () => authorizeSubscribe(client, subscription, done),
        () => done(null, null),
      );
    },
    authorizeForward: (client, packet) => {
      let forwarded: AedesPublishPacket | null = null;
      guarded(
        log,
        () => (forwarded = authorizeForward(client, packet) ?? null),
        () => (forwarded = null),
      );
      return forwarded;
    },
  };
}

function guarded(log: Logger, ask: () => void, deny: () => void): void {
  try {
    ask();
  } catch (error) {
    log.error({}, `A question of access broke down: ${messageOf(error)}`);
    deny();
  }
}

/** A will is no packet: it has no command. */
function isWill(packet: object): boolean {
  return Reflect.get(packet, "cmd") === undefined;
}
