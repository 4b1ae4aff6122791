import type { ProtocolVersion } from "../../core/types.ts";
import { findProperty, PROPERTY, propertyBlock } from "./properties.ts";
import { readText } from "./text.ts";

/** What the edge needs of a CONNECT; the rest is read by the engine. */
export interface ConnectHeader {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** Clean Session, or Clean Start in MQTT 5. */
  readonly clean: boolean;
  readonly keepaliveS: number;
  /** Where the two bytes of the keep alive stand in the packet. */
  readonly keepaliveAt: number;
  /** Longest packet the client takes; null: no limit was given. */
  readonly maxPacketSize: number | null;
}

export type ConnectFault =
  /** A protocol level that is not 3, 4 or 5. */
  { readonly fault: "version"; readonly level: number } | { readonly fault: "malformed" };

const MALFORMED: ConnectFault = { fault: "malformed" };

/** Reads the body of a CONNECT, `[at, end)`. */
export function readConnect(bytes: Buffer, at: number, end: number): ConnectHeader | ConnectFault {
  const name = readText(bytes, at, end);
  if (name === null || name.next + 4 > end) return MALFORMED;
  if (name.value !== "MQTT" && name.value !== "MQIsdp") return MALFORMED;
  // The highest bit is how a mosquitto bridge says what it is: 0x84 is MQTT 3.1.1.
  const level = bytes.readUInt8(name.next) & 0x7f;
  const version = versionOf(level);
  if (version === null) return { fault: "version", level };
  const flags = bytes.readUInt8(name.next + 1);
  if ((flags & 0x01) !== 0) return MALFORMED; // [MQTT-3.1.2-3]
  const keepaliveAt = name.next + 2;
  const options = readOptions(bytes, keepaliveAt + 2, end, version);
  if (options === null) return MALFORMED;
  return {
    version,
    clientId: options.clientId,
    clean: (flags & 0x02) !== 0,
    keepaliveS: bytes.readUInt16BE(keepaliveAt),
    keepaliveAt,
    maxPacketSize: options.maxPacketSize,
  };
}

function versionOf(level: number): ProtocolVersion | null {
  return level === 3 || level === 4 || level === 5 ? level : null;
}

interface Options {
  readonly clientId: string;
  readonly maxPacketSize: number | null;
}

function readOptions(bytes: Buffer, at: number, end: number, version: ProtocolVersion): Options | null {
  let next = at;
  let maxPacketSize: number | null = null;
  if (version === 5) {
    const block = propertyBlock(bytes, at, end);
    if (block === null) return null;
    const limit = findProperty(bytes, block, PROPERTY.maximumPacketSize);
    // A limit of 0 is a protocol error (MQTT 5, 3.1.2.11.4).
    if (limit === "malformed" || limit?.value === 0) return null;
    maxPacketSize = limit?.value ?? null;
    next = block.end;
  }
  const clientId = readText(bytes, next, end);
  return clientId === null ? null : { clientId: clientId.value, maxPacketSize };
}
