import type { Qos } from "../../core/types.ts";
import { type ByteString, packetSize, varintSize, writeByteString, writeU16, writeU32, writeVarint } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { Property } from "./property-scan.ts";

const EXPIRY_BYTES = 5;
const ALIAS_BYTES = 3;

/** Size of the head of a PUBLISH before MQTT 5: everything but the payload and the fixed header. */
function headSizeV3(topicLength: number, qos: Qos): number {
  return 2 + topicLength + (qos > 0 ? 2 : 0);
}

/** Size of the whole packet for MQTT 3.1 and 3.1.1. */
export function publishSizeV3(topicLength: number, qos: Qos, payloadLength: number): number {
  return packetSize(headSizeV3(topicLength, qos) + payloadLength);
}

/** Writes everything before the payload for MQTT 3.1 and 3.1.1; gives the offset of the payload. */
export function writePublishHeadV3(
  target: Buffer,
  at: number,
  flags: number,
  topicBytes: ByteString,
  packetId: number,
  payloadLength: number,
): number {
  const qosBits = flags & 6;
  target[at] = (PacketType.publish << 4) | flags;
  let offset = writeVarint(target, at + 1, 2 + topicBytes.length + (qosBits !== 0 ? 2 : 0) + payloadLength);
  offset = writeU16(target, offset, topicBytes.length);
  offset = writeByteString(target, offset, topicBytes);
  return qosBits !== 0 ? writeU16(target, offset, packetId) : offset;
}

/** Length of the property section of a PUBLISH, without its own length field. */
export function publishPropertiesLength(
  propertiesLength: number,
  expiryS: number,
  alias: number,
  subscriptionIdsLength: number,
): number {
  return propertiesLength + (expiryS >= 0 ? EXPIRY_BYTES : 0) + (alias > 0 ? ALIAS_BYTES : 0) + subscriptionIdsLength;
}

/** Size of the whole packet for MQTT 5; `sectionLength` comes from publishPropertiesLength(). */
export function publishSizeV5(topicLength: number, qos: Qos, sectionLength: number, payloadLength: number): number {
  return packetSize(headSizeV3(topicLength, qos) + varintSize(sectionLength) + sectionLength + payloadLength);
}

/**
 * Writes everything before the payload for MQTT 5; gives the offset of the payload.
 * `expiryS` -1 and `alias` 0 are left out; `topicBytes` is empty where an alias stands for it.
 */
export function writePublishHeadV5(
  target: Buffer,
  at: number,
  flags: number,
  topicBytes: ByteString,
  packetId: number,
  properties: ByteString,
  expiryS: number,
  alias: number,
  subscriptionIds: ByteString,
  payloadLength: number,
): number {
  const qosBits = flags & 6;
  const section = publishPropertiesLength(properties.length, expiryS, alias, subscriptionIds.length);
  const length = 2 + topicBytes.length + (qosBits !== 0 ? 2 : 0) + varintSize(section) + section + payloadLength;
  target[at] = (PacketType.publish << 4) | flags;
  let offset = writeVarint(target, at + 1, length);
  offset = writeU16(target, offset, topicBytes.length);
  offset = writeByteString(target, offset, topicBytes);
  if (qosBits !== 0) offset = writeU16(target, offset, packetId);
  offset = writeVarint(target, offset, section);
  if (alias > 0) {
    target[offset] = Property.topicAlias;
    offset = writeU16(target, offset + 1, alias);
  }
  if (expiryS >= 0) {
    target[offset] = Property.messageExpiry;
    offset = writeU32(target, offset + 1, expiryS);
  }
  offset = writeByteString(target, offset, subscriptionIds);
  return writeByteString(target, offset, properties);
}

/** The lower four bits of the first byte of a PUBLISH. */
export function publishFlags(qos: Qos, retain: boolean, dup: boolean): number {
  return (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
}

/** Subscription identifiers as property bytes, in the order given [MQTT-3.3.4-4]; 0 is none. */
export function subscriptionIdBytes(identifiers: readonly number[]): ByteString {
  if (identifiers.every((identifier) => identifier === 0)) return "";
  const target = Buffer.alloc(identifiers.length * 5);
  let at = 0;
  for (const identifier of identifiers) {
    if (identifier === 0) continue;
    target[at] = Property.subscriptionId;
    at = writeVarint(target, at + 1, identifier);
  }
  return target.toString("latin1", 0, at);
}
