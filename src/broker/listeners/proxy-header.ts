import { isIPv4, isIPv6, SocketAddress } from "node:net";
import type { CertificateName } from "../../core/types.ts";
import { utf8Text } from "../../core/text.ts";

/** What a proxy tells of the client that it stands for. */
export interface ProxyHeader {
  /** It stands for nobody: the proxy looks whether the broker is there. */
  readonly isCheck: boolean;
  /** null: the proxy speaks for itself, or cannot tell, and the address of the connection counts. */
  readonly address: string | null;
  /** Whether the client reached the proxy by TLS; version 1 does not tell. */
  readonly isTls: boolean;
  /** That of the client, if the proxy has verified it. It tells the common name only. */
  readonly certificate: CertificateName | null;
}

/** A header as far as it has come. */
export type ProxyRead =
  | { readonly kind: "more" }
  /** `end` is the offset of what follows it. */
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly end: number }
  /** `sentence` says what the peer did. */
  | { readonly kind: "fault"; readonly sentence: string };

const SIGNATURES = { 1: Buffer.from("PROXY "), 2: Buffer.from("0d0a0d0a000d0a515549540a", "hex") } as const;
/** Bytes of the longest header of version 1, its line end included (specification, 2.1). */
const LONGEST_1 = 107;
/** Bytes of version 2 that tell how many follow (2.2). */
const FIXED_2 = 16;
/** Bytes behind those that are taken: two paths of Unix sockets are 216, and a common name or two fit beside them. */
const LONGEST_2 = 2_048;

const BROKEN_1 = "sent a header of the PROXY protocol, version 1, that cannot be read";
const BROKEN_2 = "sent a header of the PROXY protocol, version 2, that cannot be read";

const MORE: ProxyRead = { kind: "more" };
const UNKNOWN: ProxyHeader = { isCheck: false, address: null, isTls: false, certificate: null };

/**
 * Reads a header of the PROXY protocol, version 1 or 2, from the first bytes of a connection. Nothing is looked at beyond
 * the limits of its version.
 */
export function parseProxyHeader(bytes: Buffer, version: 1 | 2): ProxyRead {
  const signature = SIGNATURES[version];
  const length = Math.min(bytes.length, signature.length);
  if (bytes.compare(signature, 0, length, 0, length) !== 0) return fault(notThisVersion(bytes, version));
  if (length < signature.length) return MORE;
  return version === 1 ? readVersion1(bytes) : readVersion2(bytes);
}

/** The version of a header of the PROXY protocol that begins here; null: there is none. */
export function proxyVersionOf(bytes: Buffer): 1 | 2 | null {
  if (startsWith(bytes, SIGNATURES[1])) return 1;
  return startsWith(bytes, SIGNATURES[2]) ? 2 : null;
}

function notThisVersion(bytes: Buffer, wanted: 1 | 2): string {
  const found = proxyVersionOf(bytes);
  return found === null
    ? `did not begin with a header of the PROXY protocol (enable_proxy_protocol ${wanted})`
    : `sent version ${found} of the PROXY protocol, and this listener takes version ${wanted} (enable_proxy_protocol)`;
}

/** `PROXY TCP4 192.0.2.7 192.0.2.1 56324 1883`, CR LF behind it. */
function readVersion1(bytes: Buffer): ProxyRead {
  const end = bytes.subarray(0, LONGEST_1).indexOf("\r\n");
  if (end === -1) return bytes.length < LONGEST_1 ? MORE : fault(BROKEN_1);
  const [, protocol, source = "", target = "", ...ports] = bytes.toString("latin1", 0, end).split(" ");
  const found = (header: ProxyHeader): ProxyRead => ({ kind: "header", header, end: end + 2 });
  // all that follows it is to be ignored (2.1)
  if (protocol === "UNKNOWN") return found(UNKNOWN);
  const isAddress = protocol === "TCP4" ? isIPv4 : protocol === "TCP6" ? isGlobalIpv6 : () => false;
  const isWhole = isAddress(source) && isAddress(target) && ports.length === 2 && ports.every(isPort);
  return isWhole ? found({ ...UNKNOWN, address: canonical(source) }) : fault(BROKEN_1);
}

/** Node takes a zone too ("fe80::1%eth0"), which is none of the protocol's. */
function isGlobalIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes("%");
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

const LOCAL = 0x20;
const PROXY = 0x21;
const UNSPECIFIED = 0x00;
const IPV4_STREAM = 0x11;
const IPV6_STREAM = 0x21;
const UNIX_STREAM = 0x31;

interface Family {
  /** Bytes of both ends. */
  readonly size: number;
  /** That of the source. */
  readonly addressOf: (block: Buffer) => string | null;
}

const FAMILIES: ReadonlyMap<number, Family> = new Map<number, Family>([
  [UNSPECIFIED, { size: 0, addressOf: () => null }],
  [IPV4_STREAM, { size: 12, addressOf: (block) => block.subarray(0, 4).join(".") }],
  [IPV6_STREAM, { size: 36, addressOf: (block) => canonical(groupsOf(block.subarray(0, 16))) }],
  // such a client is on the machine of the proxy, whose address stands for it
  [UNIX_STREAM, { size: 216, addressOf: () => null }],
]);

/**
 * Sixteen bytes and as many as the last two of them say (2.2): the signature, the command, the family, that length; both
 * addresses with their ports, then type-length-values. One hyphen each:
 *
 *     0d0a0d0a000d0a515549540a-21-11-000c-c0000207-c0000201-dc04-075b
 */
function readVersion2(bytes: Buffer): ProxyRead {
  if (bytes.length < FIXED_2) return MORE;
  const [command = 0, family = 0] = bytes.subarray(12);
  const length = bytes.readUInt16BE(14);
  if (length > LONGEST_2) {
    return fault(`sent a header of the PROXY protocol of ${length} bytes; ${LONGEST_2} are taken`);
  }
  if (command !== LOCAL && command !== PROXY) return fault(BROKEN_2);
  const end = FIXED_2 + length;
  if (bytes.length < end) return MORE;
  // a check of the proxy's own: its addresses are not to be used
  if (command === LOCAL) return { kind: "header", header: { ...UNKNOWN, isCheck: true }, end };
  const block = bytes.subarray(FIXED_2, end);
  const known = FAMILIES.get(family);
  const values = known === undefined || block.length < known.size ? null : valuesIn(block.subarray(known.size));
  const tls = values === null ? null : tlsOf(values);
  if (known === undefined || tls === null) return fault(BROKEN_2);
  return { kind: "header", header: { isCheck: false, address: known.addressOf(block), ...tls }, end };
}

interface TypedValue {
  readonly type: number;
  readonly value: Buffer;
}

/** A byte of type, two of length, the value (2.2); null when the last one is cut off. */
function valuesIn(bytes: Buffer): readonly TypedValue[] | null {
  const found: TypedValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + 3;
    if (start > bytes.length) return null;
    const end = start + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return null;
    found.push({ type: bytes[at] ?? 0, value: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

const SSL = 0x20;
const SSL_COMMON_NAME = 0x22;
const BY_TLS = 0x01;
/** In this TLS session, if not on this connection. */
const HAS_CERTIFICATE = 0x04;
/** A byte of flags, four that are zero when the certificate was verified. */
const SSL_FIXED = 5;

/** What is told of TLS (2.2.5); null when it cannot be read, or is told twice. */
function tlsOf(values: readonly TypedValue[]): Pick<ProxyHeader, "isTls" | "certificate"> | null {
  const [told, second] = values.filter(({ type }) => type === SSL);
  if (told === undefined) return { isTls: false, certificate: null };
  if (second !== undefined || told.value.length < SSL_FIXED) return null;
  const parts = valuesIn(told.value.subarray(SSL_FIXED));
  const names = parts?.filter(({ type }) => type === SSL_COMMON_NAME) ?? [];
  const commonName = names[0] === undefined ? "" : textOf(names[0].value);
  if (parts === null || names.length > 1 || commonName === null) return null;
  const flags = told.value[0] ?? 0;
  const isTls = (flags & BY_TLS) !== 0;
  const isVerified = isTls && (flags & HAS_CERTIFICATE) !== 0 && told.value.readUInt32BE(1) === 0;
  return { isTls, certificate: isVerified ? { commonName, subject: "", fingerprint: "" } : null };
}

/** No name has control characters; as a user name one would get into topics and log lines. */
function textOf(bytes: Buffer): string | null {
  const text = utf8Text(bytes);
  return text === null || /\p{Cc}/u.test(text) ? null : text;
}

function groupsOf(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(":");
}

/** An address in the form that sockets give: rules compare it as text. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  return new SocketAddress({ address, family: "ipv6" }).address.replace(/^::ffff:(?=\d+\.)/, "");
}

function startsWith(bytes: Buffer, signature: Buffer): boolean {
  return bytes.length >= signature.length && bytes.compare(signature, 0, signature.length, 0, signature.length) === 0;
}

function fault(sentence: string): ProxyRead {
  return { kind: "fault", sentence };
}
