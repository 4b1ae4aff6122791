import type { SubscriptionInfo } from "./figures.ts";
import type { Action, Decision, Identity, ProtocolVersion, Reason } from "./types.ts";

/** What the broker knows of one client that has a session, at this moment. */
export interface ClientFacts {
  readonly clientId: string;
  readonly username: string | null;
  /** Name of the login source that vouched for it. */
  readonly source: string;
  readonly address: string;
  readonly listener: string;
  /** The session is the end of a bridge to another broker. */
  readonly isBridge: boolean;
  /** null: it is away. */
  readonly connection: {
    readonly sinceMs: number;
    readonly version: ProtocolVersion;
    /** 0: none. */
    readonly keepaliveS: number;
  } | null;
  /** Since when it is away; null: it is connected, or nobody knows. */
  readonly awaySinceMs: number | null;
  /** Seconds that the session outlives the connection; null: it never ends. */
  readonly expiryS: number | null;
  /** PUBLISH packets and the bytes of their payloads since the session began, or the broker started. */
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly queued: { readonly count: number; readonly bytes: number };
  /** Topic that it published to last on this connection; null: none yet. */
  readonly lastTopic: string | null;
}

/** What can be asked and done about single clients. */
export interface ClientDesk {
  /** Of every session, those of bridges too. */
  all(): Iterable<ClientFacts>;
  /** null: it has no session. */
  of(clientId: string): ClientFacts | null;
  /** Who it was decided to be, with the rules that its login brought along; null: it has no session. */
  identity(clientId: string): Identity | null;
  subscriptions(clientId: string): readonly SubscriptionInfo[];
  /** What the rules in force say; null: it has no session. */
  decide(clientId: string, action: Action, topic: string): Decision | null;
  /** Ends its connection, its will is published; false: it has none. */
  disconnect(clientId: string, reason: Reason): boolean;
  /** Ends its session, and its connection before; false: it has none. */
  endSession(clientId: string, reason: Reason): boolean;
}
