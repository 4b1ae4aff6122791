import type { ProtocolVersion, Qos } from "../../core/types.ts";
import { bodyOffset, readU16 } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import {
  clearScan,
  hasProperty,
  numberProperty,
  Property,
  type PropertyScan,
  scanProperties,
} from "./property-scan.ts";
import { topicNameFault } from "./utf8-text.ts";

/** Where the parts of a PUBLISH lie in its buffer. One is made per reader and used again for each packet. */
export interface PublishHeader {
  qos: Qos;
  retain: boolean;
  dup: boolean;
  /** 0 at QoS 0. */
  packetId: number;
  topicStart: number;
  topicEnd: number;
  payloadStart: number;
  payloadEnd: number;
  /** Topic alias; 0: none. */
  alias: number;
  /** Message expiry interval in seconds; -1: none. */
  expiryS: number;
  /** Whether the payload says that it is UTF-8 text. */
  isTextPayload: boolean;
  readonly properties: PropertyScan;
}

/** Makes a header around the scan that its reader uses. */
export function createPublishHeader(properties: PropertyScan): PublishHeader {
  return {
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    topicStart: 0,
    topicEnd: 0,
    payloadStart: 0,
    payloadEnd: 0,
    alias: 0,
    expiryS: -1,
    isTextPayload: false,
    properties,
  };
}

/**
 * Reads the PUBLISH in [start, end) in place. The bytes of the topic are left unchecked: the caller looks them up
 * among topics it knows, and asks topicNameFault() only for a new one.
 */
export function decodePublish(
  header: PublishHeader,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): Fault | null {
  const first = source[start] ?? 0;
  const qos = (first >> 1) & 3;
  if (qos === 3) return FAULTS.qos; // [MQTT-3.3.1-4]
  header.qos = qos === 0 ? 0 : qos === 1 ? 1 : 2;
  header.retain = (first & 1) !== 0;
  header.dup = (first & 8) !== 0;
  if (header.dup && qos === 0) return FAULTS.dupOnQos0; // [MQTT-3.3.1-2]
  let at = bodyOffset(source, start);
  if (at + 2 > end) return FAULTS.tooShort;
  header.topicStart = at + 2;
  at += 2 + readU16(source, at);
  header.topicEnd = at;
  if (at > end) return FAULTS.tooShort;
  header.packetId = 0;
  if (qos > 0) {
    if (at + 2 > end) return FAULTS.tooShort;
    header.packetId = readU16(source, at);
    if (header.packetId === 0) return FAULTS.packetIdZero; // [MQTT-2.2.1-3]
    at += 2;
  }
  header.alias = 0;
  header.expiryS = -1;
  header.isTextPayload = false;
  if (version === 5) {
    if (source[at] === 0 && at < end) {
      clearScan(header.properties, ++at);
    } else {
      const fault = decodeProperties(header, source, at, end);
      if (fault !== null) return fault;
      at = header.properties.end;
    }
  } else {
    clearScan(header.properties, at);
  }
  header.payloadStart = at;
  header.payloadEnd = end;
  // an empty topic is an alias in MQTT 5 [MQTT-3.3.2-8] and nothing at all before [MQTT-4.7.3-1]
  return header.topicStart === header.topicEnd && header.alias === 0 ? FAULTS.noTopic : null;
}

function decodeProperties(header: PublishHeader, source: Buffer, at: number, end: number): Fault | null {
  const scan = header.properties;
  const fault = scanProperties(scan, source, at, end, PacketType.publish);
  if (fault !== null) return fault;
  if (hasProperty(scan, Property.subscriptionId)) return FAULTS.subscriptionIdInPublish; // [MQTT-3.3.4-6]
  if (hasProperty(scan, Property.topicAlias)) {
    header.alias = numberProperty(scan, Property.topicAlias, 0);
    if (header.alias === 0) return FAULTS.topicAlias; // [MQTT-3.3.2-8]
  }
  header.expiryS = numberProperty(scan, Property.messageExpiry, -1);
  header.isTextPayload = numberProperty(scan, Property.payloadFormat, 0) === 1;
  return responseTopicFault(scan, source);
}

/** [MQTT-3.3.2-14]; used for wills too. */
export function responseTopicFault(scan: PropertyScan, source: Buffer): Fault | null {
  if (!hasProperty(scan, Property.responseTopic)) return null;
  const start = (scan.starts[Property.responseTopic] ?? 0) + 3;
  const end = scan.ends[Property.responseTopic] ?? start;
  return topicNameFault(source, start, end, Infinity) === null ? null : FAULTS.responseTopic;
}

/**
 * The properties that travel with a message, as the publisher wrote them and in its order [MQTT-3.3.2-18], without
 * those that belong to one hop: topic alias, message expiry (sent anew with the remaining time) and will delay.
 */
export function forwardedProperties(scan: PropertyScan, source: Buffer): string {
  if (scan.start === scan.end) return "";
  let bytes = "";
  let at = scan.start;
  for (const [start, end] of hopSpans(scan)) {
    bytes += source.toString("latin1", at, start);
    at = end;
  }
  return bytes + source.toString("latin1", at, scan.end);
}

function hopSpans(scan: PropertyScan): readonly (readonly [number, number])[] {
  return [Property.messageExpiry, Property.willDelay, Property.topicAlias]
    .filter((identifier) => hasProperty(scan, identifier))
    .map((identifier) => [scan.starts[identifier] ?? 0, scan.ends[identifier] ?? 0] as const)
    .toSorted((a, b) => a[0] - b[0]);
}
