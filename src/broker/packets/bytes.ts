/** Bytes a variable byte integer takes (MQTT 1.5.5). */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes a variable byte integer and gives the offset behind it. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  let offset = at;
  while (rest > 0x7f) {
    target[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[offset++] = rest;
  return offset;
}

/**
 * Reads a variable byte integer between `at` and `end`; -1 when it is cut off, over-long or not in the shortest form
 * [MQTT-1.5.5-1]. Its own size is varintSize(value), since only the shortest form is taken.
 */
export function readVarint(source: Uint8Array, at: number, end: number): number {
  const first = at < end ? (source[at] ?? 0) : 0x80;
  if (first < 0x80) return first;
  let value = first & 0x7f;
  for (let index = 1; index < 4; index++) {
    if (at + index >= end) return -1;
    const byte = source[at + index] ?? 0;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return byte === 0 ? -1 : value;
  }
  return -1;
}

/** Reads a big-endian 16 bit integer; the caller has checked that both bytes are there. */
export function readU16(source: Uint8Array, at: number): number {
  return ((source[at] ?? 0) << 8) | (source[at + 1] ?? 0);
}

/** Reads a big-endian 32 bit integer; the caller has checked that all bytes are there. */
export function readU32(source: Uint8Array, at: number): number {
  return readU16(source, at) * 0x1_0000 + readU16(source, at + 2);
}

/** Writes a big-endian 16 bit integer and gives the offset behind it. */
export function writeU16(target: Buffer, at: number, value: number): number {
  target[at] = value >>> 8;
  target[at + 1] = value & 0xff;
  return at + 2;
}

/** Writes a big-endian 32 bit integer and gives the offset behind it. */
export function writeU32(target: Buffer, at: number, value: number): number {
  return writeU16(target, writeU16(target, at, Math.floor(value / 0x1_0000)), value & 0xffff);
}

/**
 * Bytes kept as a string with one character per byte. Unlike a Buffer such a string has no header of 200 bytes and
 * keeps no pool alive, which is what a broker with many small stored messages needs.
 */
export type ByteString = string;

/** Copies bytes into a byte string. */
export function toByteString(source: Buffer, start: number, end: number): ByteString {
  return start === end ? "" : source.toString("latin1", start, end);
}

/** The UTF-8 form of a text as a byte string; the same string when it is plain ASCII. */
export function utf8ByteString(text: string): ByteString {
  // oxlint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** Writes a byte string and gives the offset behind it. A loop beats the call into native code for short ones. */
export function writeByteString(target: Buffer, at: number, bytes: ByteString): number {
  const length = bytes.length;
  if (length > 24) target.write(bytes, at, length, "latin1");
  else for (let index = 0; index < length; index++) target[at + index] = bytes.charCodeAt(index);
  return at + length;
}

/** Size of the fixed header plus what it announces. */
export function packetSize(remainingLength: number): number {
  return 1 + varintSize(remainingLength) + remainingLength;
}

/** Offset of the byte behind the fixed header of a whole packet, whose length field the framing has checked. */
export function bodyOffset(source: Uint8Array, start: number): number {
  let at = start + 1;
  while (((source[at] ?? 0) & 0x80) !== 0) at++;
  return at + 1;
}
