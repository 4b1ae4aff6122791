const MAX_FIELDS = 100;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PLUS = 0x2b;
const PERCENT = 0x25;
const SPACE = 0x20;

/**
 * Parses the fields of a form, as bytes: what stands behind "%" need not be text. The first field of a name counts.
 *
 *     qos=1&topic=/a/b/c&message=hello from http...
 */
export function parseForm(body: Buffer): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>();
  let start = 0;
  for (let count = 0; count < MAX_FIELDS && start <= body.length; count++) {
    const found = body.indexOf(AMPERSAND, start);
    const pair = body.subarray(start, found === -1 ? undefined : found);
    const at = pair.indexOf(EQUALS);
    const name = decode(at === -1 ? pair : pair.subarray(0, at)).toString("latin1");
    if (!fields.has(name)) fields.set(name, at === -1 ? Buffer.alloc(0) : decode(pair.subarray(at + 1)));
    if (found === -1) break;
    start = found + 1;
  }
  return fields;
}

/** Byte by byte: a text of 16 MB with as many signs to be replaced would take a second as text. */
function decode(text: Buffer): Buffer {
  const plain = Buffer.alloc(text.length);
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    const code = byte === PERCENT ? digitOf(text[at + 1]) * 16 + digitOf(text[at + 2]) : Number.NaN;
    plain[end++] = Number.isNaN(code) ? (byte === PLUS ? SPACE : byte) : code;
    if (!Number.isNaN(code)) at += 2;
  }
  return plain.subarray(0, end);
}

/** The value of a hexadecimal digit; NaN: it is none. */
function digitOf(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN;
}
