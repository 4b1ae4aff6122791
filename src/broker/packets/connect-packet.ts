import { isUtf8 } from "node:buffer";
import type { ProtocolVersion, Qos } from "../../core/types.ts";
import { bodyOffset, readU16, toByteString } from "./bytes.ts";
import { NEVER_EXPIRES, PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import {
  binaryProperty,
  clearScan,
  createPropertyScan,
  hasProperty,
  numberProperty,
  Property,
  type PropertyScan,
  scanProperties,
  textProperty,
  WILL,
} from "./property-scan.ts";
import { forwardedProperties, responseTopicFault } from "./publish-header.ts";
import { fieldEnd, isText, topicNameFault } from "./utf8-text.ts";

/** A CONNECT that holds to the specification, with defaults filled in. */
export interface ConnectPacket {
  readonly kind: "connect";
  readonly version: ProtocolVersion;
  /** Bit 7 of the protocol level: another broker's bridge (a convention of mosquitto). */
  readonly isBridge: boolean;
  /** Empty: the server chooses one. */
  readonly clientId: string;
  readonly cleanStart: boolean;
  /** Seconds the session outlives its connection; before MQTT 5 none or for ever, by clean session. */
  readonly sessionExpiryS: number;
  readonly keepaliveS: number;
  readonly username: string | null;
  readonly password: Buffer | null;
  readonly will: WillPacket | null;
  /** Unacknowledged messages the client takes. */
  readonly receiveMaximum: number;
  /** Largest packet the client takes, in bytes; Infinity: any. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly requestProblemInformation: boolean;
  readonly requestResponseInformation: boolean;
  readonly authMethod: string | null;
  readonly authData: Buffer | null;
}

/** The will in a CONNECT. */
export interface WillPacket {
  readonly topic: string;
  /** One character per byte. */
  readonly payload: string;
  /** Property bytes to forward. */
  readonly properties: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly delayS: number;
  /** Message expiry interval in seconds; -1: none. */
  readonly expiryS: number;
}

/** A CONNECT that is refused. `version` is null when it cannot be told; then there is nothing to answer. */
export interface ConnectFault {
  readonly kind: "fault";
  readonly fault: Fault;
  readonly version: ProtocolVersion | null;
}

interface Cursor {
  at: number;
}

/** Reads the CONNECT in [start, end). */
export function decodeConnect(
  source: Buffer,
  start: number,
  end: number,
  maxTopicLevels: number,
): ConnectPacket | ConnectFault {
  const refuse = (fault: Fault, version: ProtocolVersion | null = null): ConnectFault => ({
    kind: "fault",
    fault,
    version,
  });
  if ((source[start] ?? 0) !== PacketType.connect << 4) return refuse(FAULTS.flags);
  const nameAt = bodyOffset(source, start);
  const nameEnd = fieldEnd(source, nameAt, end);
  if (nameEnd < 0 || nameEnd + 4 > end) return refuse(FAULTS.tooShort);
  const name = source.toString("latin1", nameAt + 2, nameEnd);
  const level = source[nameEnd] ?? 0;
  if (name !== "MQTT" && name !== "MQIsdp") return refuse(FAULTS.protocolName); // [MQTT-3.1.2-1]
  const version = versionOf(name, level & 0x7f);
  if (version === null) {
    return refuse({ ...FAULTS.version, sentence: `${FAULTS.version.sentence} (level ${level & 0x7f})` });
  }
  const flags = source[nameEnd + 1] ?? 0;
  const flagsFault = connectFlagsFault(flags, version);
  if (flagsFault !== null) return refuse(flagsFault, version);
  const keepaliveS = readU16(source, nameEnd + 2);
  const scan = createPropertyScan();
  const cursor: Cursor = { at: nameEnd + 4 };
  const propertiesFault = sectionFault(scan, source, cursor, end, version, PacketType.connect);
  if (propertiesFault !== null) return refuse(propertiesFault, version);
  const properties = connectProperties(scan, source, version, (flags & 2) !== 0);
  if (properties.authData !== null && properties.authMethod === null)
    return refuse(FAULTS.authDataWithoutMethod, version);

  const clientId = readText(source, cursor, end);
  if (clientId === null) return refuse(textFault(source, cursor, end), version);
  // [MQTT-3.1.3-8] of 3.1.1; MQTT 3.1 has no empty client id, and is given one as mosquitto does
  if (clientId === "" && version < 5 && (flags & 2) === 0) return refuse(FAULTS.clientId, version);
  const will = (flags & 4) !== 0 ? readWill(scan, source, cursor, end, version, flags, maxTopicLevels) : null;
  if (will !== null && "code" in will) return refuse(will, version);
  const username = (flags & 0x80) !== 0 ? readText(source, cursor, end) : null;
  if ((flags & 0x80) !== 0 && username === null) return refuse(textFault(source, cursor, end), version);
  const password = (flags & 0x40) !== 0 ? readBinary(source, cursor, end) : null;
  if ((flags & 0x40) !== 0 && password === null) return refuse(FAULTS.tooShort, version);
  if (cursor.at !== end) return refuse(FAULTS.tooLong, version);
  return {
    kind: "connect",
    version,
    isBridge: (level & 0x80) !== 0,
    clientId,
    cleanStart: (flags & 2) !== 0,
    keepaliveS,
    username,
    password,
    will,
    ...properties,
  };
}

function versionOf(name: string, level: number): ProtocolVersion | null {
  if (name === "MQTT") return level === 4 ? 4 : level === 5 ? 5 : null;
  return name === "MQIsdp" && level === 3 ? 3 : null;
}

function connectFlagsFault(flags: number, version: ProtocolVersion): Fault | null {
  if ((flags & 1) !== 0) return FAULTS.connectFlags; // [MQTT-3.1.2-3]
  const willQos = (flags >> 3) & 3;
  if (willQos === 3) return FAULTS.qos; // [MQTT-3.1.2-12]
  if ((flags & 4) === 0 && (flags & 0x38) !== 0) return FAULTS.connectFlags; // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
  // a password without a user name is allowed since MQTT 5
  if (version < 5 && (flags & 0xc0) === 0x40) return FAULTS.connectFlags; // [MQTT-3.1.2-22] of 3.1.1
  return null;
}

/** Checks a property section where the version has one, and moves behind it. */
function sectionFault(
  scan: PropertyScan,
  source: Buffer,
  cursor: Cursor,
  end: number,
  version: ProtocolVersion,
  packet: number,
): Fault | null {
  clearScan(scan, cursor.at);
  if (version < 5) return null;
  const fault = scanProperties(scan, source, cursor.at, end, packet);
  cursor.at = scan.end;
  return fault;
}

function connectProperties(scan: PropertyScan, source: Buffer, version: ProtocolVersion, cleanStart: boolean) {
  return {
    sessionExpiryS: version === 5 ? numberProperty(scan, Property.sessionExpiry, 0) : cleanStart ? 0 : NEVER_EXPIRES,
    receiveMaximum: numberProperty(scan, Property.receiveMaximum, 65_535),
    maximumPacketSize: numberProperty(scan, Property.maximumPacketSize, Infinity),
    topicAliasMaximum: numberProperty(scan, Property.topicAliasMaximum, 0),
    requestProblemInformation: numberProperty(scan, Property.requestProblemInfo, 1) === 1,
    requestResponseInformation: numberProperty(scan, Property.requestResponseInfo, 0) === 1,
    authMethod: textProperty(scan, source, Property.authMethod),
    authData: binaryProperty(scan, source, Property.authData),
  };
}

function readWill(
  scan: PropertyScan,
  source: Buffer,
  cursor: Cursor,
  end: number,
  version: ProtocolVersion,
  flags: number,
  maxTopicLevels: number,
): WillPacket | Fault {
  const fault = sectionFault(scan, source, cursor, end, version, WILL) ?? responseTopicFault(scan, source);
  if (fault !== null) return fault;
  const properties = forwardedProperties(scan, source);
  const delayS = numberProperty(scan, Property.willDelay, 0);
  const expiryS = numberProperty(scan, Property.messageExpiry, -1);
  const isTextPayload =
    hasProperty(scan, Property.payloadFormat) && numberProperty(scan, Property.payloadFormat, 0) === 1;
  const topicEnd = fieldEnd(source, cursor.at, end);
  if (topicEnd < 0) return FAULTS.tooShort;
  const topicFault = willTopicFault(source, cursor.at + 2, topicEnd, maxTopicLevels);
  if (topicFault !== null) return topicFault;
  const topic = source.toString("utf8", cursor.at + 2, topicEnd);
  const payloadEnd = fieldEnd(source, topicEnd, end);
  if (payloadEnd < 0) return FAULTS.tooShort;
  if (isTextPayload && !isUtf8(source.subarray(topicEnd + 2, payloadEnd))) return FAULTS.payloadFormat;
  cursor.at = payloadEnd;
  const qos = (flags >> 3) & 3;
  return {
    topic,
    payload: toByteString(source, topicEnd + 2, payloadEnd),
    properties,
    qos: qos === 0 ? 0 : qos === 1 ? 1 : 2,
    retain: (flags & 0x20) !== 0,
    delayS,
    expiryS,
  };
}

/** What is wrong with the topic of a will, which is not called a PUBLISH: its client has not sent one yet. */
function willTopicFault(source: Buffer, start: number, end: number, maxTopicLevels: number): Fault | null {
  if (start === end) return FAULTS.noWillTopic; // [MQTT-4.7.3-1]
  const fault = topicNameFault(source, start, end, maxTopicLevels);
  if (fault === FAULTS.topicName) return FAULTS.willTopicName;
  return fault === FAULTS.topicLevels ? FAULTS.willTopicLevels : fault;
}

function readText(source: Buffer, cursor: Cursor, end: number): string | null {
  const next = fieldEnd(source, cursor.at, end);
  if (next < 0 || !isText(source, cursor.at + 2, next)) return null;
  const text = source.toString("utf8", cursor.at + 2, next);
  cursor.at = next;
  return text;
}

function textFault(source: Buffer, cursor: Cursor, end: number): Fault {
  return fieldEnd(source, cursor.at, end) < 0 ? FAULTS.tooShort : FAULTS.text;
}

function readBinary(source: Buffer, cursor: Cursor, end: number): Buffer | null {
  const next = fieldEnd(source, cursor.at, end);
  if (next < 0) return null;
  const bytes = Buffer.from(source.subarray(cursor.at + 2, next));
  cursor.at = next;
  return bytes;
}
