import type { Qos } from "../../core/types.ts";
import type { RetainedLimits } from "../routing/retained-store.ts";
import type { QueueLimits } from "./delivery-queue.ts";

/** What one client and all of them together may cost. Replaced as a whole when the configuration changes. */
export interface EngineLimits extends RetainedLimits, QueueLimits {
  /** QoS 1 and 2 messages on their way to one client at a time; its own receive maximum counts when it is lower. */
  readonly maxInflight: number;
  /** Whether QoS 0 messages wait for a client that is away. */
  readonly queueQos0: boolean;
  /** Unacknowledged QoS 1 and 2 messages taken from one client of MQTT 5 (receive maximum in CONNACK). */
  readonly receiveMaximum: number;
  /** Open QoS 2 handshakes of one client, those of earlier connections included. */
  readonly maxInboundQos2: number;
  /** Topic aliases a client may set (CONNACK). */
  readonly topicAliasMaximum: number;
  readonly maxTopicLevels: number;
  /** Longest keep alive in seconds, and what a client without one is given; Infinity: as the client wants. */
  readonly maxKeepaliveS: number;
  readonly maxSubscriptions: number;
  /** Bytes waiting for one connection above which QoS 0 messages are dropped. */
  readonly maxUnsentBytes: number;
  /** Sessions, connected or not. */
  readonly maxSessions: number;
  /** Longest life of a session without a connection, in seconds; 0xFFFFFFFF: for ever. */
  readonly maxSessionExpiryS: number;
  /** Bytes of a payload; larger messages are acknowledged and dropped. */
  readonly maxPayloadBytes: number;
  readonly maximumQos: Qos;
  readonly retainAvailable: boolean;
  readonly wildcardAvailable: boolean;
  readonly sharedAvailable: boolean;
}

/** Suits a Raspberry Pi with a house behind it; the counts are mosquitto's where it has them. */
export const DEFAULT_LIMITS: EngineLimits = {
  maxInflight: 20,
  maxQueuedMessages: 1000,
  maxQueuedBytes: 8 * 1024 * 1024,
  dropPolicy: "newest",
  priorityOf: () => 0,
  queueQos0: false,
  receiveMaximum: 20,
  maxInboundQos2: 1000,
  topicAliasMaximum: 10,
  maxTopicLevels: 201,
  maxKeepaliveS: Infinity,
  maxSubscriptions: 10_000,
  maxUnsentBytes: 8 * 1024 * 1024,
  maxSessions: 100_000,
  maxSessionExpiryS: 0xffff_ffff,
  maxPayloadBytes: Infinity,
  maximumQos: 2,
  retainAvailable: true,
  wildcardAvailable: true,
  sharedAvailable: true,
  maxRetainedMessages: 1_000_000,
  maxRetainedBytes: 256 * 1024 * 1024,
};
