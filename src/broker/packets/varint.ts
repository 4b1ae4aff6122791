/** A variable byte integer and the place behind it. */
export interface Varint {
  readonly value: number;
  readonly next: number;
}

/** Reads one to four bytes at `at` (MQTT 5, 1.5.5); null when they are not complete before `limit`. */
export function readVarint(bytes: Buffer, at: number, limit: number): Varint | null {
  let value = 0;
  let factor = 1;
  for (let place = at; place < Math.min(limit, at + 4); place++) {
    const byte = bytes[place] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: place + 1 };
    factor *= 128;
  }
  return null;
}

/** Encodes a length below 268,435,456: 321 -> c1 02. */
export function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return Buffer.from(bytes);
}
