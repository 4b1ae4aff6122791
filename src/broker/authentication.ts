import type { Logger } from "../core/logger.ts";
import { isAllowed } from "../core/reasons.ts";
import type { Credentials, Identity, LoginChain, Reason } from "../core/types.ts";
import {
  OTHER_METHOD,
  OUT_OF_TURN,
  startConversation,
  type Conversation,
  type ConversationEnd,
} from "./conversation.ts";
import { startLogin, type LoginAnswer, type PendingLogin } from "./login.ts";
import type { AuthPacket } from "./packets/auth.ts";
import { Code } from "./packets/codes.ts";
import type { Link } from "./types.ts";

/** Decides who may connect, and who may stay, by asking the login chain. */
export interface Authentication {
  /** Decides a CONNECT: `done(true)` when it is let in; a refusal is answered here. */
  decide(link: Link, done: (allowed: boolean) => void): void;
  /** Decides about somebody without a connection. */
  ask(credentials: Credentials): Promise<LoginAnswer>;
  /** Takes an AUTH of a client that named a method in its CONNECT. */
  hear(link: Link, packet: AuthPacket): void;
  /** The connection has ended. */
  forget(link: Link): void;
}

export interface AuthenticationDeps {
  readonly logins: () => LoginChain;
  /** Why a client that proved who it is cannot have one more connection; null: it can. */
  readonly barred: (identity: Identity) => Reason | null;
  readonly log: Logger;
  /** From the question to the decision, with all steps between. */
  readonly timeoutMs: number;
}

type Refusal = Extract<LoginAnswer, { readonly verdict: "deny" }>;

/** Makes the part that asks the login chain; one question at a time for each connection. */
export function createAuthentication({ logins, barred, log, timeoutMs }: AuthenticationDeps): Authentication {
  const pending = new Map<Link, PendingLogin>();
  const conversations = new Map<Link, Conversation>();

  /** An answer as it stands now: a check may outlast the moment it began in. `chain` null: ask in any case. */
  const asOfNow = <T extends LoginAnswer>(answer: T, chain: LoginChain | null): T | Refusal => {
    const latest = logins();
    if (answer.verdict === "deny" || latest === chain) return answer;
    const decision = latest.recheck(answer.identity);
    return isAllowed(decision) ? answer : { verdict: "deny", reason: decision.reason };
  };

  const askPassword = (link: Link, credentials: Credentials, ended: (answer: LoginAnswer) => void): void => {
    const chain = logins();
    let isAnswered = false;
    const login = startLogin(chain, credentials, { log, timeoutMs }, (answer) => {
      isAnswered = true;
      pending.delete(link);
      ended(asOfNow(placed(link.client(), answer), chain));
    });
    if (!isAnswered) pending.set(link, login);
  };

  const ask = (credentials: Credentials): Promise<LoginAnswer> => {
    const chain = logins();
    return new Promise((resolve) => {
      startLogin(chain, credentials, { log, timeoutMs }, (answer) => {
        resolve(asOfNow(placed(credentials, answer), chain));
      });
    });
  };

  const askInSteps = (
    link: Link,
    credentials: Credentials,
    { method, data }: Pick<AuthPacket, "method" | "data">,
    ended: (end: ConversationEnd) => void,
  ): void => {
    const chain = logins();
    const exchange = chain.exchange(method, credentials);
    if (exchange === null) return link.close(unknownMethod(method), Code.badAuthenticationMethod); // [MQTT-4.12.0-1]
    const conversation = startConversation({
      exchange,
      method,
      credentials,
      log,
      timeoutMs,
      challenge: link.challenge,
      ended(end) {
        conversations.delete(link);
        // the client sets the pace, and commands may have disabled it since the first step
        ended(asOfNow(placed(link.client(), end), null));
      },
    });
    conversations.set(link, conversation);
    conversation.begin(data);
  };

  /** An open connection proves once more who it is (4.12.1); it goes on as before meanwhile. */
  const reauthenticate = (link: Link, packet: AuthPacket): void => {
    const identity = link.identity();
    if (identity === null) return;
    if (packet.method !== link.authMethod()) return link.close(OTHER_METHOD);
    if (packet.code !== Code.reauthenticate) return link.close(OUT_OF_TURN);
    // with its user name: it must stay who it is
    const credentials = { ...credentialsOf(link), username: identity.username, password: null };
    askInSteps(link, credentials, packet, (end) => {
      if (end.verdict === "allow") link.confirm(end.data);
      else if (end.reason.kind === "auth_unavailable") link.close(end.reason, Code.serverBusy); // 0x88 is for CONNACK only
      else link.close(end.reason);
    });
  };

  return {
    ask,
    decide(link, done) {
      const packet = link.connect();
      if (packet === null) return;
      const credentials = { ...credentialsOf(link), password: packet.password };
      const { authMethod: method, authData: data } = packet;
      const ended = (end: LoginAnswer | ConversationEnd): void => {
        const bar = end.verdict === "allow" ? barred(end.identity) : null;
        if (end.verdict === "deny") link.refuse(end.reason);
        else if (bar?.kind === "too_many_connections") link.close(bar, Code.quotaExceeded);
        else if (bar !== null) link.refuse(bar);
        else if (link.accept(end.identity, "data" in end ? end.data : null)) done(true);
      };
      if (method === null) askPassword(link, credentials, ended);
      else askInSteps(link, credentials, { method, data }, ended);
    },
    hear(link, packet) {
      const conversation = conversations.get(link);
      if (conversation === undefined) reauthenticate(link, packet);
      else conversation.hear(packet);
    },
    forget(link) {
      for (const open of [pending, conversations]) {
        open.get(link)?.abort();
        open.delete(link);
      }
    },
  };
}

function credentialsOf(link: Link): Omit<Credentials, "password"> {
  return { ...link.client(), certificate: link.info.tls };
}

/** An answer with the listener on whose terms it holds, and where the client is. */
function placed<T extends LoginAnswer>({ listener, address }: Pick<Credentials, "listener" | "address">, answer: T): T {
  if (answer.verdict === "deny") return answer;
  return { ...answer, identity: { ...answer.identity, listener, address } };
}

function unknownMethod(method: string): Reason {
  return {
    kind: "protocol_refused",
    sentence: `asked for the authentication method ${method}, which this broker does not know`,
    hint: "Use SCRAM-SHA-256, or a user name and password without a method.",
  };
}
