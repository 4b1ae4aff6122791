import type { Qos } from "./types.ts";

/** Packets and bytes in one direction since the start. */
export interface TrafficFigures {
  /** By the first byte of a packet, which tells its type, QoS and flags. */
  readonly packets: ArrayLike<number>;
  /** Of everything, framing included, without TLS and WebSocket. */
  readonly bytes: number;
  /** Of PUBLISH payloads. */
  readonly payloadBytes: number;
}

/** Messages that are held: retained, queued or in flight. */
export interface StoredFigures {
  readonly count: number;
  readonly payloadBytes: number;
}

/** What the broker has counted since its start, and what it holds now. */
export interface Figures {
  readonly received: TrafficFigures;
  readonly sent: TrafficFigures;
  /** Connections that listeners handed over. */
  readonly sockets: number;
  /** Clients connected now. */
  readonly connections: number;
  /** Sessions, connected or not. */
  readonly sessions: number;
  readonly sessionsExpired: number;
  /** Messages that a full queue, or a client that does not read, made the broker give up. */
  readonly dropped: number;
  /** Shared ones included. */
  readonly subscriptions: number;
  readonly sharedSubscriptions: number;
  /** Sessions with a subscription, and the different filters of all of them. */
  readonly subscribers: number;
  readonly filters: number;
  /** Retained messages, those of $SYS included. */
  readonly retained: number;
  readonly stored: StoredFigures;
  /** Those of them that wait for clients. */
  readonly queued: StoredFigures;
  /** Bytes that wait for clients to read. */
  readonly bytesUnsent: number;
}

/** Those of them that cost nothing to tell, for who asks every second. */
export interface BriefFigures extends Pick<Figures, "received" | "sent" | "connections" | "sessions"> {
  readonly retained: { readonly count: number; readonly bytes: number };
}

/** A connection whose client does not read what is sent to it. */
export interface UnsentFigures {
  readonly clientId: string;
  readonly bytes: number;
  /** It leads to another broker. */
  readonly isBridge: boolean;
}

/** One subscription of one client. */
export interface SubscriptionInfo {
  /** As the client wrote it: "home/#", "$share/group/home/#". */
  readonly filter: string;
  readonly clientId: string;
  readonly qos: Qos;
  readonly isConnected: boolean;
  /** The rules no longer allow it: it delivers nothing until they do again. */
  readonly isSuspended: boolean;
}
