import { IMPORTED } from "../../core/imported.ts";
import { topicFault } from "../../core/topic.ts";
import type { Qos } from "../../core/types.ts";
import { toByteString, utf8ByteString } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";
import { createPropertyScan, numberProperty, Property, scanProperties } from "../packets/property-scan.ts";
import { subscriptionIdBytes } from "../packets/publish-encoder.ts";
import { forwardedProperties } from "../packets/publish-header.ts";
import { parseFilter } from "../routing/filter.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { StoredSubscription } from "../sessions/stored-state.ts";
import type { Chunks, DeliveryChunk, MessageChunk, SubscriptionChunk } from "./chunks.ts";
import { DamagedFileError } from "./damage.ts";

/** Message states of mosquitto. */
const State = {
  publishQos0: 1,
  publishQos1: 2,
  waitForPuback: 3,
  publishQos2: 4,
  waitForPubrec: 5,
  resendPubrel: 6,
  waitForPubrel: 7,
  waitForPubcomp: 9,
  queued: 11,
} as const;

/** The messages by their ids; what is newer has a higher sequence. */
export function messagesOf({ messages }: Chunks): Map<string, StoredMessage> {
  // the file has them in the order of a hash table, their ids in the order they came
  const byAge = [...messages].toSorted(([a], [b]) => Buffer.compare(bigEndian(a), bigEndian(b)));
  return new Map(byAge.map(([id, chunk], index) => [id, messageOf(chunk, index + 1)]));
}

function bigEndian(id: string): Buffer {
  return Buffer.from(id, "latin1").swap64();
}

function messageOf(chunk: MessageChunk, sequence: number): StoredMessage {
  const { topic, payload, qos, isRetained, expiryAtS, publisher, publisherName: username, offset } = chunk;
  if (topicFault(topic) !== null) throw new DamagedFileError("a message without a valid topic", offset);
  const properties = propertiesOf(chunk);
  return {
    topic,
    topicBytes: utf8ByteString(topic),
    body: properties + toByteString(payload, 0, payload.length),
    propertiesLength: properties.length,
    qos: qosOf(qos, offset),
    retain: isRetained,
    expiresAtMs: expiryAtS * 1000,
    publisher: publisher === "" ? null : publisher,
    source:
      publisher === "" ? null : { clientId: publisher, username, superuser: false, source: IMPORTED, proof: null },
    sequence,
  };
}

function propertiesOf({ properties, offset }: MessageChunk): string {
  if (properties.length === 0) return "";
  const scan = createPropertyScan();
  const fault = scanProperties(scan, properties, 0, properties.length, PacketType.publish);
  if (fault !== null || scan.end !== properties.length)
    throw new DamagedFileError("a message with properties that cannot be", offset);
  return forwardedProperties(scan, properties);
}

/** A subscription with its options. */
export function subscriptionOf({ filter, options, identifier, offset }: SubscriptionChunk): StoredSubscription {
  const retainHandling = options >> 4;
  if (parseFilter(filter, Infinity) === null || retainHandling > 2)
    throw new DamagedFileError("a subscription that cannot be", offset);
  return {
    filter,
    qos: qosOf(options & 3, offset),
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: qosOf(retainHandling, offset),
    identifier,
    // it queues retained messages at SUBSCRIBE
    isReplaying: false,
  };
}

/** A message on its way to a client; `order` is its place in the session. */
export function deliveryOf(chunk: DeliveryChunk, message: StoredMessage, order: number): Delivery {
  const state = stateOf(chunk);
  return {
    message,
    qos: qosOf(chunk.qos, chunk.offset),
    retain: chunk.isRetained,
    subscriptionIds: subscriptionIdsOf(chunk),
    group: null,
    order,
    state,
    packetId: state === "queued" ? 0 : packetIdOf(chunk),
    isCounted: false,
  };
}

/** Whether an inbound QoS 2 message was answered by PUBREC, and PUBREL is awaited. */
export function isOpenHandshake({ state }: DeliveryChunk): boolean {
  return state === State.waitForPubrel;
}

function stateOf(chunk: DeliveryChunk): "queued" | "resend" | "released" {
  switch (chunk.state) {
    case State.publishQos0:
    case State.queued:
      return "queued";
    case State.publishQos1:
    case State.waitForPuback:
      needQos(chunk, 1);
      return "resend";
    case State.publishQos2:
    case State.waitForPubrec:
      needQos(chunk, 2);
      return "resend";
    case State.resendPubrel:
    case State.waitForPubcomp:
      needQos(chunk, 2);
      return "released";
    default:
      throw new DamagedFileError(`a message in an unknown state (${chunk.state})`, chunk.offset);
  }
}

function needQos({ qos, state, offset }: DeliveryChunk, wanted: Qos): void {
  if (qos !== wanted) throw new DamagedFileError(`a QoS ${qos} message in state ${state}`, offset);
}

/** The packet id of a message on its way. */
export function packetIdOf({ packetId, offset }: DeliveryChunk): number {
  if (packetId === 0) throw new DamagedFileError("a message on its way without a packet id", offset);
  return packetId;
}

function subscriptionIdsOf({ properties, offset }: DeliveryChunk): string {
  if (properties.length === 0) return "";
  const scan = createPropertyScan();
  const fault = scanProperties(scan, properties, 0, properties.length, PacketType.publish);
  if (fault !== null) throw new DamagedFileError("a subscription identifier that cannot be", offset);
  return subscriptionIdBytes([numberProperty(scan, Property.subscriptionId, 0)]);
}

function qosOf(value: number, offset: number): Qos {
  if (value !== 0 && value !== 1 && value !== 2) throw new DamagedFileError(`a QoS of ${value}`, offset);
  return value;
}
