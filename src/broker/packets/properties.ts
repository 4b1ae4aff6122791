import { readVarint } from "./varint.ts";

/** Property identifiers this broker looks at while packets pass (MQTT 5, 2.2.2.2). */
export const PROPERTY = { topicAlias: 0x23, maximumPacketSize: 0x27 } as const;

/** A block of properties: its bytes are `[start, end)`, behind their length. */
export interface PropertyBlock {
  readonly start: number;
  readonly end: number;
}

/** One property: its bytes are `[at, end)`, identifier included. */
export interface Property {
  readonly at: number;
  readonly end: number;
  readonly value: number;
}

/** Reads the length of the properties at `at`; null when they do not fit before `limit`. */
export function propertyBlock(bytes: Buffer, at: number, limit: number): PropertyBlock | null {
  const length = readVarint(bytes, at, limit);
  if (length === null) return null;
  const end = length.next + length.value;
  return end > limit ? null : { start: length.next, end };
}

/**
 * Finds a numeric property; null when it is absent.
 * A block that cannot be walked to its end, or that has the property twice, is "malformed".
 */
export function findProperty(bytes: Buffer, block: PropertyBlock, id: number): Property | null | "malformed" {
  let found: Property | null = null;
  let at = block.start;
  while (at < block.end) {
    const end = endOfProperty(bytes, at, block.end);
    if (end === null) return "malformed";
    if (bytes[at] === id) {
      // Including these properties more than once is a protocol error (MQTT 5, 3.1.2.11.4 and 3.3.2.3.4).
      if (found !== null) return "malformed";
      found = { at, end, value: bytes.readUIntBE(at + 1, end - at - 1) };
    }
    at = end;
  }
  return found;
}

type Shape = "byte" | "two" | "four" | "varint" | "string" | "pair";

const SHAPES: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [0x01, "byte"],
  [0x02, "four"],
  [0x03, "string"],
  [0x08, "string"],
  [0x09, "string"],
  [0x0b, "varint"],
  [0x11, "four"],
  [0x12, "string"],
  [0x13, "two"],
  [0x15, "string"],
  [0x16, "string"],
  [0x17, "byte"],
  [0x18, "four"],
  [0x19, "byte"],
  [0x1a, "string"],
  [0x1c, "string"],
  [0x1f, "string"],
  [0x21, "two"],
  [0x22, "two"],
  [PROPERTY.topicAlias, "two"],
  [0x24, "byte"],
  [0x25, "byte"],
  [0x26, "pair"],
  [PROPERTY.maximumPacketSize, "four"],
  [0x28, "byte"],
  [0x29, "byte"],
  [0x2a, "byte"],
]);

function endOfProperty(bytes: Buffer, at: number, limit: number): number | null {
  const end = endOfValue(bytes, at, limit);
  return end === null || end > limit ? null : end;
}

function endOfValue(bytes: Buffer, at: number, limit: number): number | null {
  const value = at + 1;
  switch (SHAPES.get(bytes[at] ?? 0)) {
    case "byte":
      return value + 1;
    case "two":
      return value + 2;
    case "four":
      return value + 4;
    case "varint":
      return readVarint(bytes, value, limit)?.next ?? null;
    case "string":
      return endOfString(bytes, value, limit);
    case "pair": {
      const second = endOfString(bytes, value, limit);
      return second === null ? null : endOfString(bytes, second, limit);
    }
    case undefined:
      return null;
  }
}

function endOfString(bytes: Buffer, at: number, limit: number): number | null {
  return at + 2 > limit ? null : at + 2 + bytes.readUInt16BE(at);
}
