import type { ClientInfo, RecordEvent } from "../core/events.ts";
import type { Identity, Reason } from "../core/types.ts";
import type { Watcher } from "../core/tracing.ts";
import type { ClientTerms } from "./client-terms.ts";
import type { ConnectionInfo } from "./connection.ts";
import type { Engine } from "./engine.ts";
import type { Flusher } from "./flusher.ts";
import type { AuthPacket } from "./packets/auth.ts";
import type { ConnectPacket } from "./packets/connect-packet.ts";
import type { Pace } from "./rates/pace.ts";
import type { EngineLimits } from "./sessions/limits.ts";

/**
 * Stands between a connection and the two halves of the engine: it cuts the bytes into packets, hands the CONNECT to
 * the front door (aedes), and from the CONNACK on every packet to the data plane.
 */
export interface Link {
  readonly info: ConnectionInfo;
  readonly startedAtMs: number;
  client(): ClientInfo;
  /** What the client asked for; null before its CONNECT was read and after it was answered. */
  connect(): ConnectPacket | null;
  /** Who it was let in as; null before and after. */
  identity(): Identity | null;
  isOpen(): boolean;
  /** The authentication method that the CONNECT named; null: none. */
  authMethod(): string | null;
  /** Says a step of an authentication exchange, and hands on the AUTH that answers it. */
  challenge(data: Uint8Array): void;
  /**
   * The login was accepted: opens the session, which ends an older connection of the same client id. `authData` are
   * the last words of an authentication exchange.
   */
  accept(identity: Identity, authData: Uint8Array | null): boolean;
  /** The front door is passed: says CONNACK and lets messages flow. */
  begin(): void;
  /** An open connection has proven anew who it is; `authData` are the last words of its exchange. */
  confirm(authData: Uint8Array): void;
  /** Answers the CONNECT with a refusal and closes. */
  refuse(reason: Reason): void;
  /** Says why in MQTT 5 and closes. */
  close(reason: Reason, code?: number): void;
  /** close() for a client that lost its right to be here: its will is not published. */
  expel(reason: Reason): void;
  /** The limits of how fast it may send have changed. */
  renewPace(): void;
  /** What is watched has changed. */
  watch(): void;
  /** Closes a connection that has said nothing yet. */
  giveUp(): void;
  /** Cuts the connection off without another word. */
  destroy(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** How far a connection has come. */
export type Phase = "new" | "waiting" | "accepted" | "open" | "ended";

export interface LinkDeps {
  readonly engine: Engine;
  /** Those of its listener. */
  readonly limits: () => EngineLimits;
  /** What its listener asks of a CONNECT. */
  readonly terms: () => ClientTerms;
  /** Bytes of the largest packet, which is one with a message. */
  readonly maxPacketSize: () => number;
  /** How fast a client may send; null: as fast as it can. */
  readonly paceOf: (identity: Identity) => Pace | null;
  /** null: its packets are of no interest. */
  readonly tapFor: Watcher["tapFor"];
  readonly record: RecordEvent;
  readonly flusher: Flusher;
  /** Takes a CONNECT that holds to the specification; answers through `accept`, `begin` and `refuse`. */
  readonly admit: (link: Link) => void;
  /** Takes an AUTH: the answer to a `challenge`, or of an open connection that named a method in its CONNECT. */
  readonly authenticate: (link: Link, packet: AuthPacket) => void;
  /** The connection has ended for the data plane. `end` writes what is left and closes our half, now or soon. */
  readonly ended: (link: Link, end: () => void) => void;
}
