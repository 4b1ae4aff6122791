import { isUtf8 } from "node:buffer";

/** A string field of a packet and the place behind it. */
export interface Text {
  readonly value: string;
  readonly next: number;
}

/** Reads a UTF-8 string with its two-byte length; null when it is cut off or not allowed [MQTT-1.5.4-1, MQTT-1.5.4-2]. */
export function readText(bytes: Buffer, at: number, limit: number): Text | null {
  if (at + 2 > limit) return null;
  const next = at + 2 + bytes.readUInt16BE(at);
  if (next > limit) return null;
  const field = bytes.subarray(at + 2, next);
  if (field.includes(0) || !isUtf8(field)) return null;
  return { value: field.toString("utf8"), next };
}
