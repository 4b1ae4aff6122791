import type { X509Certificate } from "node:crypto";

const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;

/**
 * Whether a revocation list names a certificate. The handshake checks it with all that belongs to it; this is for a
 * connection that is there already. Serial numbers of other CAs count too: at worst a client has to come anew.
 */
export function isRevoked({ serialNumber }: X509Certificate, crl: string): boolean {
  const lists = crl.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [];
  return lists.some((pem) =>
    serialsIn(Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ""), "base64")).has(serialNumber),
  );
}

/**
 * The serial numbers of a CertificateList (RFC 5280, 5.1) in upper-case hexadecimal: in its first part the sequence
 * after the times has an entry for each, which begins with it.
 */
function serialsIn(der: Buffer): ReadonlySet<string> {
  const [list] = children(der);
  const [signed] = list === undefined ? [] : children(list.content);
  const parts = signed === undefined ? [] : children(signed.content);
  const lastTime = parts.findLastIndex(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME);
  const entries = parts[lastTime + 1];
  if (lastTime === -1 || entries?.tag !== SEQUENCE) return new Set();
  const serials = children(entries.content).flatMap(({ content }) => children(content).slice(0, 1));
  return new Set(serials.filter(({ tag }) => tag === INTEGER).map(({ content }) => hexOf(content)));
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements that follow one another in DER: a tag, a length, the content. */
function children(der: Buffer): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= der.length) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0;
    // from 128 on the first byte says how many bytes of length follow
    const more = first < 0x80 ? 0 : first - 0x80;
    if (more > 4 || at + 2 + more > der.length) break;
    const length = more === 0 ? first : der.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    found.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

/** As Node writes serial numbers: without the zero byte that keeps a number from being negative. */
function hexOf(bytes: Buffer): string {
  return bytes
    .toString("hex")
    .toUpperCase()
    .replace(/^00(?=.)/, "");
}
