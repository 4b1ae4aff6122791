import { readU16, readU32, readVarint, varintSize } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import { fieldEnd, isText } from "./utf8-text.ts";

/** Property identifiers of MQTT 5 (2.2.2.2). */
export const Property = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionId: 0x0b,
  sessionExpiry: 0x11,
  assignedClientId: 0x12,
  serverKeepAlive: 0x13,
  authMethod: 0x15,
  authData: 0x16,
  requestProblemInfo: 0x17,
  willDelay: 0x18,
  requestResponseInfo: 0x19,
  responseInfo: 0x1a,
  serverReference: 0x1c,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  maximumQos: 0x24,
  retainAvailable: 0x25,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
  wildcardAvailable: 0x28,
  subscriptionIdAvailable: 0x29,
  sharedAvailable: 0x2a,
} as const;

type Kind = "flag" | "u16" | "u32" | "varint" | "text" | "binary" | "pair";

interface Row {
  readonly kind: Kind;
  /** Bit per packet type a client may send it in; bit 0 stands for the will properties in CONNECT. */
  readonly packets: number;
  /** Whether 0 is a protocol error. */
  readonly nonZero: boolean;
}

/** Stands in for a packet type when the properties of a will are read. */
export const WILL = 0;

const T = PacketType;
const ACKS = [T.puback, T.pubrec, T.pubrel, T.pubcomp];
const EVERYWHERE = [WILL, T.connect, T.publish, ...ACKS, T.subscribe, T.unsubscribe, T.disconnect, T.auth];

const row = (kind: Kind, packets: readonly number[], nonZero = false): Row => ({
  kind,
  packets: packets.reduce((bits, type) => bits | (1 << type), 0),
  nonZero,
});

/** What clients may send; properties of the server's packets are missing and so unknown here. Index: identifier. */
const TABLE: readonly (Row | undefined)[] = tableOf([
  [Property.payloadFormat, row("flag", [T.publish, WILL])],
  [Property.messageExpiry, row("u32", [T.publish, WILL])],
  [Property.contentType, row("text", [T.publish, WILL])],
  [Property.responseTopic, row("text", [T.publish, WILL])],
  [Property.correlationData, row("binary", [T.publish, WILL])],
  [Property.subscriptionId, row("varint", [T.publish, T.subscribe], true)],
  [Property.sessionExpiry, row("u32", [T.connect, T.disconnect])],
  [Property.authMethod, row("text", [T.connect, T.auth])],
  [Property.authData, row("binary", [T.connect, T.auth])],
  [Property.requestProblemInfo, row("flag", [T.connect])],
  [Property.willDelay, row("u32", [WILL])],
  [Property.requestResponseInfo, row("flag", [T.connect])],
  [Property.reasonString, row("text", [...ACKS, T.disconnect, T.auth])],
  [Property.receiveMaximum, row("u16", [T.connect], true)],
  [Property.topicAliasMaximum, row("u16", [T.connect])],
  [Property.topicAlias, row("u16", [T.publish])],
  [Property.userProperty, row("pair", EVERYWHERE)],
  [Property.maximumPacketSize, row("u32", [T.connect], true)],
]);

function tableOf(rows: readonly (readonly [number, Row])[]): (Row | undefined)[] {
  const table: (Row | undefined)[] = Array.from({ length: 0x2b }, () => undefined);
  for (const [identifier, value] of rows) table[identifier] = value;
  return table;
}

/** What the last scan found. One is made per reader and used again for each packet, so scanning allocates nothing. */
export interface PropertyScan {
  /** Bit per identifier below 32. */
  seenLow: number;
  /** Bit per identifier from 32. */
  seenHigh: number;
  /** Offset of the first property. */
  start: number;
  /** Offset behind the last property. */
  end: number;
  /** By identifier: the number, or -1 never written; valid where seen. */
  readonly numbers: Float64Array;
  /** By identifier: offset of the identifier, and the one behind the value; valid where seen. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * User properties of one packet. Three million fit into 16 MB, and every receiver that takes them apart, a bridge of ours
 * among them, needs a minute for them.
 */
const MAX_PAIRS = 1000;

/** Makes a scan to be used again and again. */
export function createPropertyScan(): PropertyScan {
  return {
    seenLow: 0,
    seenHigh: 0,
    start: 0,
    end: 0,
    numbers: new Float64Array(0x2b),
    starts: new Uint32Array(0x2b),
    ends: new Uint32Array(0x2b),
  };
}

/** Forgets the last packet: no property, an empty section at `at`. */
export function clearScan(scan: PropertyScan, at: number): void {
  scan.seenLow = 0;
  scan.seenHigh = 0;
  scan.start = at;
  scan.end = at;
}

/** Whether the scanned packet has a property. */
export function hasProperty(scan: PropertyScan, identifier: number): boolean {
  return identifier < 32 ? (scan.seenLow & (1 << identifier)) !== 0 : (scan.seenHigh & (1 << (identifier - 32))) !== 0;
}

/** The value of a numeric property, or `otherwise`. */
export function numberProperty(scan: PropertyScan, identifier: number, otherwise: number): number {
  return hasProperty(scan, identifier) ? (scan.numbers[identifier] ?? otherwise) : otherwise;
}

/** The value of a text property; null when it is not there. */
export function textProperty(scan: PropertyScan, source: Buffer, identifier: number): string | null {
  if (!hasProperty(scan, identifier)) return null;
  return source.toString("utf8", (scan.starts[identifier] ?? 0) + 3, scan.ends[identifier] ?? 0);
}

/** A copy of the value of a binary property; null when it is not there. */
export function binaryProperty(scan: PropertyScan, source: Buffer, identifier: number): Buffer | null {
  if (!hasProperty(scan, identifier)) return null;
  return Buffer.from(source.subarray((scan.starts[identifier] ?? 0) + 3, scan.ends[identifier] ?? 0));
}

/**
 * Reads and checks the property section at `at`, length field included, of a packet that ends at `end`.
 * `packet` is the packet type, or WILL.
 */
export function scanProperties(
  scan: PropertyScan,
  source: Buffer,
  at: number,
  end: number,
  packet: number,
): Fault | null {
  clearScan(scan, at);
  const length = readVarint(source, at, end);
  if (length < 0) return at < end ? FAULTS.varint : FAULTS.tooShort;
  const start = at + varintSize(length);
  const sectionEnd = start + length;
  if (sectionEnd > end) return FAULTS.tooShort;
  scan.start = start;
  scan.end = sectionEnd;
  let offset = start;
  let pairs = 0;
  while (offset < sectionEnd) {
    // every identifier in use is below 128, so it is one byte of the variable byte integer
    const identifier = source[offset] ?? 0;
    const known = TABLE[identifier];
    // [MQTT-2.2.2-2] and "valid for its packet type"
    if (known === undefined || (known.packets & (1 << packet)) === 0) return FAULTS.unknownProperty;
    if (known.kind !== "pair") {
      if (hasProperty(scan, identifier)) return FAULTS.repeatedProperty;
      if (identifier < 32) scan.seenLow |= 1 << identifier;
      else scan.seenHigh |= 1 << (identifier - 32);
    } else if (++pairs > MAX_PAIRS) return FAULTS.userProperties;
    const next = valueEnd(scan, source, offset + 1, sectionEnd, identifier, known.kind);
    if (next < 0) return FAULTS.propertyLength;
    const fault = valueFault(scan, source, offset + 1, next, identifier, known);
    if (fault !== null) return fault;
    scan.starts[identifier] = offset;
    scan.ends[identifier] = next;
    offset = next;
  }
  return null;
}

/** Offset behind the value at `at`, or -1; notes the number it holds. */
function valueEnd(scan: PropertyScan, source: Buffer, at: number, end: number, identifier: number, kind: Kind): number {
  switch (kind) {
    case "flag":
      if (at + 1 > end) return -1;
      scan.numbers[identifier] = source[at] ?? 0;
      return at + 1;
    case "u16":
      if (at + 2 > end) return -1;
      scan.numbers[identifier] = readU16(source, at);
      return at + 2;
    case "u32":
      if (at + 4 > end) return -1;
      scan.numbers[identifier] = readU32(source, at);
      return at + 4;
    case "varint": {
      const value = readVarint(source, at, end);
      scan.numbers[identifier] = value;
      return value < 0 ? -1 : at + varintSize(value);
    }
    case "text":
    case "binary":
      return fieldEnd(source, at, end);
    case "pair": {
      const middle = fieldEnd(source, at, end);
      return middle < 0 ? -1 : fieldEnd(source, middle, end);
    }
  }
}

function valueFault(
  scan: PropertyScan,
  source: Buffer,
  at: number,
  end: number,
  identifier: number,
  known: Row,
): Fault | null {
  if (known.nonZero && scan.numbers[identifier] === 0) return FAULTS.propertyValue;
  switch (known.kind) {
    case "flag":
      return (scan.numbers[identifier] ?? 0) > 1 ? FAULTS.propertyValue : null;
    case "text":
      return isText(source, at + 2, end) ? null : FAULTS.text;
    case "pair": {
      const middle = at + 2 + readU16(source, at);
      return isText(source, at + 2, middle) && isText(source, middle + 2, end) ? null : FAULTS.text;
    }
    case "u16":
    case "u32":
    case "varint":
    case "binary":
      return null;
  }
}
