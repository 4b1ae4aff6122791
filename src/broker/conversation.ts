import type { Logger } from "../core/logger.ts";
import type { Credentials, Exchange, ExchangeStep, Identity, Reason } from "../core/types.ts";
import { undecided } from "./login.ts";
import type { AuthPacket } from "./packets/auth.ts";
import { Code } from "./packets/codes.ts";

/** What an authentication in several steps came to. */
export type ConversationEnd =
  /** `data` are the last words for the client. */
  | { readonly verdict: "allow"; readonly identity: Identity; readonly data: Uint8Array }
  | { readonly verdict: "deny"; readonly reason: Reason };

/** An authentication in several steps under way; its clock runs from the start. */
export interface Conversation {
  /** Takes what the client began with; null: nothing yet. */
  begin(data: Uint8Array | null): void;
  /** Takes an AUTH of the client. */
  hear(packet: AuthPacket): void;
  /** The client has gone: nobody waits for the end. */
  abort(): void;
}

export interface ConversationDeps {
  readonly exchange: Exchange;
  readonly method: string;
  readonly credentials: Credentials;
  readonly log: Logger;
  /** For all steps together. */
  readonly timeoutMs: number;
  /** Asks the client to go on. */
  readonly challenge: (data: Uint8Array) => void;
  /** Called once, unless aborted. */
  readonly ended: (end: ConversationEnd) => void;
}

/** Takes a client through the steps of an exchange, one at a time. */
export function startConversation(deps: ConversationDeps): Conversation {
  const { exchange, method, credentials, log, timeoutMs, challenge, ended } = deps;
  let isOver = false;
  let isThinking = false;

  const end = (how: ConversationEnd): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(clock);
    ended(how);
  };
  const refuse = (reason: Reason): void => end({ verdict: "deny", reason });
  const fail = (error: unknown): void => {
    if (!isOver) refuse(undecided(error, credentials, log));
  };

  const ask = (data: Uint8Array | null): void => {
    isThinking = true;
    try {
      const step = exchange.answer(data);
      if (step instanceof Promise) void step.then(take, fail);
      else take(step);
    } catch (error) {
      fail(error);
    }
  };
  const take = (step: ExchangeStep): void => {
    if (isOver) return;
    isThinking = false;
    switch (step.verdict) {
      case "continue":
        challenge(step.data);
        break;
      case "allow":
        end({ verdict: "allow", ...step.value });
        break;
      case "deny":
        refuse(step.reason);
        break;
    }
  };

  const clock = setTimeout(() => {
    const sentence = `did not finish its authentication (${method}) within ${timeoutMs / 1000} s`;
    refuse({ kind: "not_allowed", sentence });
  }, timeoutMs);

  return {
    begin: ask,
    hear(packet) {
      if (isOver) return;
      if (isThinking || packet.code !== Code.continueAuthentication) refuse(OUT_OF_TURN);
      else if (packet.method !== method) refuse(OTHER_METHOD);
      else ask(packet.data);
    },
    abort() {
      isOver = true;
      clearTimeout(clock);
    },
  };
}

/** An AUTH where it does not belong, or one of the wrong kind. */
export const OUT_OF_TURN: Reason = {
  kind: "protocol_error",
  sentence: "broke the protocol: an AUTH packet out of turn",
};

/** The method of a connection is that of its CONNECT [MQTT-4.12.0-5], [MQTT-4.12.1-1]. */
export const OTHER_METHOD: Reason = {
  kind: "protocol_error",
  sentence: "broke the protocol: an AUTH packet with another authentication method than the CONNECT",
};
