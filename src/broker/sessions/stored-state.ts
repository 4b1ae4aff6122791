import type { Identity } from "../../core/types.ts";
import type { WillPacket } from "../packets/connect-packet.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "./delivery.ts";

/** What was stored when the broker last ran. */
export interface StoredState {
  readonly sessions: readonly StoredSession[];
  readonly retained: readonly StoredMessage[];
}

/** A session as it was stored, with everything that belongs to it. */
export interface StoredSession {
  readonly identity: Identity;
  readonly address: string;
  readonly listener: string;
  readonly expiryS: number;
  /** When its connection ended, in milliseconds since 1970; 0: it was connected to the last. */
  readonly leftAtMs: number;
  readonly will: WillPacket | null;
  /** When the will was due; 0: its clock had not started. */
  readonly willDueMs: number;
  readonly subscriptions: readonly StoredSubscription[];
  /** In their order. */
  readonly deliveries: readonly Delivery[];
  /** Ids of open inbound QoS 2 handshakes. */
  readonly inbound: readonly number[];
}

export interface StoredSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  readonly identifier: number;
  /** Its retained messages were not all sent. */
  readonly isReplaying: boolean;
}
