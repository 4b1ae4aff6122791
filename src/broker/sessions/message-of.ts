import { type ByteString, toByteString } from "../packets/bytes.ts";
import { forwardedProperties, type PublishHeader } from "../packets/publish-header.ts";
import type { WillPacket } from "../packets/connect-packet.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { TopicEntry } from "../routing/topic-table.ts";
import type { Context } from "./context.ts";
import type { Session } from "./session.ts";

/** Copies the PUBLISH that a header describes out of its buffer. */
export function messageOf(
  context: Context,
  header: PublishHeader,
  source: Buffer,
  entry: TopicEntry<Session>,
  publisher: Pick<Session, "clientId" | "identity">,
): StoredMessage {
  const properties = forwardedProperties(header.properties, source);
  const payload = toByteString(source, header.payloadStart, header.payloadEnd);
  return {
    topic: entry.text,
    topicBytes: entry.bytes,
    body: properties === "" ? payload : properties + payload,
    propertiesLength: properties.length,
    qos: header.qos,
    retain: header.retain,
    expiresAtMs: expiryOf(context, header.expiryS),
    publisher: publisher.clientId,
    source: publisher.identity,
    sequence: ++context.sequence,
  };
}

/** The message of a will that is due now. */
export function messageOfWill(
  context: Context,
  entry: TopicEntry<Session>,
  will: WillPacket,
  publisher: Session,
): StoredMessage {
  return {
    topic: entry.text,
    topicBytes: entry.bytes,
    body: will.properties + will.payload,
    propertiesLength: will.properties.length,
    qos: will.qos,
    retain: will.retain,
    expiresAtMs: expiryOf(context, will.expiryS),
    publisher: publisher.clientId,
    source: publisher.identity,
    sequence: ++context.sequence,
  };
}

/** What the broker itself publishes. */
export interface OwnMessage {
  readonly topic: string;
  /** One character per byte. */
  readonly payload: ByteString;
  /** Property bytes of MQTT 5 to forward, one character per byte. */
  readonly properties: ByteString;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Message expiry interval in seconds; -1: none. */
  readonly expiryS: number;
}

/** A message of the broker's own. */
export function ownMessage(context: Context, entry: TopicEntry<Session>, own: OwnMessage): StoredMessage {
  return {
    topic: entry.text,
    topicBytes: entry.bytes,
    body: own.properties + own.payload,
    propertiesLength: own.properties.length,
    qos: own.qos,
    retain: own.retain,
    expiresAtMs: expiryOf(context, own.expiryS),
    publisher: null,
    source: null,
    sequence: ++context.sequence,
  };
}

function expiryOf(context: Context, expiryS: number): number {
  return expiryS < 0 ? 0 : context.now() + expiryS * 1000;
}
