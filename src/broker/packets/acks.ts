import type { ProtocolVersion } from "../../core/types.ts";
import { bodyOffset, readU16, writeU16, writeVarint } from "./bytes.ts";
import { Code, PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import { Property, type PropertyScan, scanProperties } from "./property-scan.ts";

/** A PUBACK, PUBREC, PUBREL or PUBCOMP. One is made per reader and used again for each packet. */
export interface AckHeader {
  packetId: number;
  /** Reason code; 0 before MQTT 5 and where it is left out. */
  code: number;
  readonly properties: PropertyScan;
}

/** The longest an acknowledgement without properties can be. */
export const MAX_ACK_BYTES = 5;

/** Makes a header around the scan that its reader uses. */
export function createAckHeader(properties: PropertyScan): AckHeader {
  return { packetId: 0, code: 0, properties };
}

const PUBACK_CODES: ReadonlySet<number> = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const PUBREL_CODES: ReadonlySet<number> = new Set([0x00, 0x92]);

/** Reads the acknowledgement in [start, end). */
export function decodeAck(
  header: AckHeader,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): Fault | null {
  const first = source[start] ?? 0;
  const type = first >> 4;
  // [MQTT-3.6.1-1] for PUBREL, [MQTT-2.1.3-1] for the others; in MQTT 3.1 PUBREL has DUP (its 2.1)
  const flags = version === 3 && type === PacketType.pubrel ? first & 7 : first & 15;
  if (flags !== (type === PacketType.pubrel ? 2 : 0)) return FAULTS.flags;
  const at = bodyOffset(source, start);
  if (at + 2 > end) return FAULTS.tooShort;
  header.packetId = readU16(source, at);
  header.code = 0;
  if (header.packetId === 0) return FAULTS.packetIdZero;
  if (at + 2 === end) return null;
  if (version < 5) return FAULTS.tooLong;
  header.code = source[at + 2] ?? 0;
  const codes = type === PacketType.puback || type === PacketType.pubrec ? PUBACK_CODES : PUBREL_CODES;
  if (!codes.has(header.code)) return FAULTS.reasonCode;
  if (at + 3 === end) return null;
  const fault = scanProperties(header.properties, source, at + 3, end, type);
  if (fault !== null) return fault;
  return header.properties.end === end ? null : FAULTS.tooLong;
}

/** Writes an acknowledgement in its shortest form; gives the offset behind it. Before MQTT 5 the code is left out. */
export function writeAck(
  target: Buffer,
  at: number,
  type: number,
  packetId: number,
  code: number,
  version: ProtocolVersion,
): number {
  target[at] = (type << 4) | (type === PacketType.pubrel ? 2 : 0);
  if (version < 5 || code === Code.success) {
    target[at + 1] = 2;
    return writeU16(target, at + 2, packetId);
  }
  target[at + 1] = 3;
  target[writeU16(target, at + 2, packetId)] = code;
  return at + 5;
}

/** An acknowledgement of MQTT 5 that says in words why. */
export function encodeAckWithReason(type: number, packetId: number, code: number, reason: string): Buffer {
  const properties = reasonStringProperty(reason);
  const length = Buffer.alloc(4);
  const lengthBytes = writeVarint(length, 0, properties.length);
  const remaining = Buffer.alloc(4);
  const remainingBytes = writeVarint(remaining, 0, 3 + lengthBytes + properties.length);
  return Buffer.concat([
    Buffer.from([(type << 4) | (type === PacketType.pubrel ? 2 : 0)]),
    remaining.subarray(0, remainingBytes),
    Buffer.from([packetId >> 8, packetId & 0xff, code]),
    length.subarray(0, lengthBytes),
    properties,
  ]);
}

/** The reason string property, cut to a length no client can mind. */
export function reasonStringProperty(reason: string): Buffer {
  const text = Buffer.from(reason.slice(0, 200).toWellFormed(), "utf8");
  const head = Buffer.from([Property.reasonString, 0, 0]);
  head.writeUInt16BE(text.length, 1);
  return Buffer.concat([head, text]);
}
