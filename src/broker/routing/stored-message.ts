import type { Identity, Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";

/** A message that outlives its packet: retained, queued or in flight. Shared by everyone who waits for it. */
export interface StoredMessage {
  readonly topic: string;
  readonly topicBytes: ByteString;
  /** Property bytes to forward, then the payload. */
  readonly body: ByteString;
  readonly propertiesLength: number;
  readonly qos: Qos;
  readonly retain: boolean;
  /** Moment from which it is no longer sent, in milliseconds since 1970; 0: never. */
  readonly expiresAtMs: number;
  /** Client id of the publisher; null: the broker itself. */
  readonly publisher: string | null;
  /** Who the publisher was, for retained messages of clients; null: nobody's rights count. */
  readonly source: Identity | null;
  /** Grows with every message: tells what is newer. */
  readonly sequence: number;
}

/** The payload of a message. */
export function payloadOf(message: StoredMessage): ByteString {
  return message.propertiesLength === 0 ? message.body : message.body.slice(message.propertiesLength);
}

/** The property bytes of a message. */
export function propertiesOf(message: StoredMessage): ByteString {
  return message.propertiesLength === 0 ? "" : message.body.slice(0, message.propertiesLength);
}

/** Whether a message must no longer be sent [MQTT-3.3.2-5]. */
export function isExpired(message: StoredMessage, nowMs: number): boolean {
  return message.expiresAtMs !== 0 && message.expiresAtMs <= nowMs;
}

/** Message expiry to send now: what is left, in seconds [MQTT-3.3.2-6]; -1: none. */
export function remainingS(message: StoredMessage, nowMs: number): number {
  return message.expiresAtMs === 0 ? -1 : Math.max(0, Math.ceil((message.expiresAtMs - nowMs) / 1000));
}

/** Whether a retained message survives a restart; the broker says anew what it says of itself. */
export function isJournaled({ topic }: StoredMessage): boolean {
  return !topic.startsWith("$SYS/");
}
