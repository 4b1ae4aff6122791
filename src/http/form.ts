/**
 * Parses the fields of a form, as bytes: what stands behind "%" need not be text. The first field of a name counts.
 *
 *     qos=1&topic=/a/b/c&message=hello from http...
 */
export function parseForm(body: Buffer): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>();
  for (const pair of body.toString("latin1").split("&", MAX_FIELDS)) {
    const at = pair.indexOf("=");
    const name = decode(at === -1 ? pair : pair.slice(0, at)).toString("latin1");
    if (!fields.has(name)) fields.set(name, decode(at === -1 ? "" : pair.slice(at + 1)));
  }
  return fields;
}

const MAX_FIELDS = 100;

function decode(text: string): Buffer {
  const plain = text
    .replaceAll("+", " ")
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}
