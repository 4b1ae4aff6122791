import { readU16, readU32 } from "../packets/bytes.ts";
import { isText } from "../packets/utf8-text.ts";
import { DamagedFileError, ForeignFileError } from "./damage.ts";

/**
 * A mosquitto.db of format version 6, as Mosquitto 2.0 and 2.1 write it: a header, then chunks one after the other.
 *
 *   00 B5 00 "mosquitto db" | checksum, unused: 4 | version: 4
 *   kind: 4 | length: 4 | fixed part | texts, payload, properties, without lengths of their own
 *
 * Numbers are big-endian but for ids and moments of 8 bytes, which have the order of the machine: little-endian on all
 * that Culex runs on. Moments are seconds since 1970. Fixed parts are padded as C pads them.
 */
export interface Chunks {
  /** By id: 8 bytes as a text, since a number is too small for them. */
  readonly messages: ReadonlyMap<string, MessageChunk>;
  readonly clients: readonly ClientChunk[];
  readonly deliveries: readonly DeliveryChunk[];
  readonly subscriptions: readonly SubscriptionChunk[];
  /** Ids of retained messages. */
  readonly retained: readonly string[];
}

interface Placed {
  /** Where the chunk begins in the file. */
  readonly offset: number;
}

/** A message that is retained or that somebody waits for. */
export interface MessageChunk extends Placed {
  readonly topic: string;
  /** Client id of the publisher; "": the broker. */
  readonly publisher: string;
  /** Its user name; null: it had none. */
  readonly publisherName: string | null;
  /** When it expires, in seconds since 1970; 0: never. */
  readonly expiryAtS: number;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly payload: Buffer;
  /** Properties of MQTT 5 with their length in front; empty: none. */
  readonly properties: Buffer;
}

/** A session. */
export interface ClientChunk extends Placed {
  readonly clientId: string;
  readonly username: string | null;
  /** When it ends, in seconds since 1970; 0: it was connected, or never ends. */
  readonly expiryAtS: number;
  /** Seconds it outlives its connection; 0xFFFFFFFF: it never ends. */
  readonly expiryS: number;
}

/** One message on its way to a client, or from it while its QoS 2 handshake is open. */
export interface DeliveryChunk extends Placed {
  readonly clientId: string;
  readonly messageId: string;
  readonly packetId: number;
  readonly qos: number;
  readonly state: number;
  readonly isRetained: boolean;
  readonly isInbound: boolean;
  /** The subscription identifier as a property section; empty: none. */
  readonly properties: Buffer;
}

/** One subscription, its options as SUBSCRIBE of MQTT 5 has them in one byte. */
export interface SubscriptionChunk extends Placed {
  readonly clientId: string;
  readonly filter: string;
  readonly options: number;
  readonly identifier: number;
}

const MAGIC = "\u0000\u00b5\u0000mosquitto db";
const SQLITE = "SQLite format 3\u0000";
const VERSION = 6;
const HEADER_BYTES = 23;
const CHUNK_HEADER_BYTES = 8;
const ID_BYTES = 8;

/**
 * Cuts a mosquitto.db into its parts.
 * @throws DamagedFileError, ForeignFileError.
 */
export function readChunks(file: Buffer): Chunks {
  checkHeader(file);
  const found = {
    messages: new Map<string, MessageChunk>(),
    clients: new Array<ClientChunk>(),
    deliveries: new Array<DeliveryChunk>(),
    subscriptions: new Array<SubscriptionChunk>(),
    retained: new Array<string>(),
  };
  let offset = HEADER_BYTES;
  while (offset < file.length) {
    if (offset + CHUNK_HEADER_BYTES > file.length) throw new DamagedFileError("the file ends inside an entry", offset);
    const start = offset + CHUNK_HEADER_BYTES;
    const end = start + readU32(file, offset + 4);
    if (end > file.length) throw new DamagedFileError("the file ends inside an entry", offset);
    readChunk(found, readU32(file, offset), { file, offset, start, end });
    offset = end;
  }
  return found;
}

function checkHeader(file: Buffer): void {
  const begin = file.toString("latin1", 0, SQLITE.length);
  if (begin === SQLITE) throw new ForeignFileError("sqlite", "a SQLite database");
  if (!begin.startsWith(MAGIC)) throw new ForeignFileError("unknown", "no mosquitto.db");
  if (file.length < HEADER_BYTES) throw new DamagedFileError("the file ends inside its header", file.length);
  const version = readU32(file, 19);
  if (version !== VERSION) throw new ForeignFileError(version < VERSION ? "older" : "newer", `version ${version}`);
}

/** One chunk: its place in the file, and what lies between its header and its end. */
interface Span {
  readonly file: Buffer;
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

interface Found {
  readonly messages: Map<string, MessageChunk>;
  readonly clients: ClientChunk[];
  readonly deliveries: DeliveryChunk[];
  readonly subscriptions: SubscriptionChunk[];
  readonly retained: string[];
}

function readChunk(found: Found, kind: number, span: Span): void {
  switch (kind) {
    case 1:
      checkSettings(span);
      return;
    case 2:
      found.messages.set(idAt(span), readMessage(span));
      return;
    case 3:
      found.deliveries.push(readDelivery(span));
      return;
    case 4:
      need(span, ID_BYTES);
      found.retained.push(idAt(span));
      return;
    case 5:
      found.subscriptions.push(readSubscription(span));
      return;
    case 6:
      found.clients.push(readClient(span));
      return;
    default:
      throw new DamagedFileError(`an entry of an unknown kind (${kind})`, span.offset);
  }
}

/** Id of the last message: 8, shut down in order: 1, bytes of an id: 1. */
function checkSettings(span: Span): void {
  need(span, 10);
  const idBytes = span.file[span.start + 9];
  if (idBytes !== ID_BYTES) throw new DamagedFileError(`ids of ${idBytes} bytes, where 8 are usual`, span.offset);
}

function readMessage(span: Span): MessageChunk {
  const { file, start, end, offset } = span;
  need(span, 32);
  const publisherEnd = start + 32 + readU16(file, start + 22);
  const topicStart = publisherEnd + readU16(file, start + 24);
  const payloadStart = topicStart + readU16(file, start + 26);
  const payloadEnd = payloadStart + readU32(file, start + 16);
  if (payloadEnd > end) throw new DamagedFileError("a message is longer than its entry", offset);
  return {
    offset,
    publisher: textAt(span, start + 32, publisherEnd),
    publisherName: topicStart === publisherEnd ? null : textAt(span, publisherEnd, topicStart),
    topic: textAt(span, topicStart, payloadStart),
    expiryAtS: momentAt(span, start + 8),
    qos: file[start + 30] ?? 0,
    isRetained: file[start + 31] !== 0,
    payload: file.subarray(payloadStart, payloadEnd),
    properties: file.subarray(payloadEnd, end),
  };
}

function readDelivery(span: Span): DeliveryChunk {
  const { file, start, end, offset } = span;
  need(span, 16);
  const idEnd = start + 16 + readU16(file, start + 10);
  if (idEnd > end) throw new DamagedFileError("a client id is longer than its entry", offset);
  return {
    offset,
    clientId: textAt(span, start + 16, idEnd),
    messageId: idAt(span),
    packetId: readU16(file, start + 8),
    qos: file[start + 12] ?? 0,
    state: file[start + 13] ?? 0,
    isRetained: (file[start + 14] ?? 0) >> 4 !== 0, // the lower half is DUP
    isInbound: file[start + 15] === 0,
    properties: file.subarray(idEnd, end),
  };
}

function readSubscription(span: Span): SubscriptionChunk {
  const { file, start, end, offset } = span;
  need(span, 12);
  const idEnd = start + 12 + readU16(file, start + 4);
  if (idEnd + readU16(file, start + 6) !== end) throw new DamagedFileError("lengths that do not fit", offset);
  return {
    offset,
    clientId: textAt(span, start + 12, idEnd),
    filter: textAt(span, idEnd, end),
    options: ((file[start + 8] ?? 0) & 3) | ((file[start + 9] ?? 0) & 0xfc),
    identifier: readU32(file, start),
  };
}

function readClient(span: Span): ClientChunk {
  const { file, start, end, offset } = span;
  need(span, 24);
  const idEnd = start + 24 + readU16(file, start + 14);
  if (idEnd + readU16(file, start + 18) !== end) throw new DamagedFileError("lengths that do not fit", offset);
  return {
    offset,
    clientId: textAt(span, start + 24, idEnd),
    username: usernameAt(span, idEnd, end),
    expiryAtS: momentAt(span, start),
    expiryS: readU32(file, start + 8),
  };
}

/**
 * Up to 2.0.15 mosquitto gives a client without a user name that of the client before it, or with the two bytes of its
 * length swapped that name and whatever lies behind it in memory. The second can be told, by its zeros.
 */
function usernameAt(span: Span, start: number, end: number): string | null {
  return start === end || span.file.subarray(start, end).includes(0) ? null : textAt(span, start, end);
}

function need({ start, end, offset }: Span, bytes: number): void {
  if (end - start < bytes) throw new DamagedFileError("an entry that is too short", offset);
}

function idAt(span: Span): string {
  need(span, ID_BYTES);
  return span.file.toString("latin1", span.start, span.start + ID_BYTES);
}

function momentAt({ file, offset }: Span, at: number): number {
  const seconds = Number(file.readBigInt64LE(at));
  // a moment of more than the year 100000 is none; what is left can be counted in milliseconds
  if (seconds < 0 || seconds > 3e12) throw new DamagedFileError("a moment that cannot be", offset);
  return seconds;
}

function textAt({ file, offset }: Span, start: number, end: number): string {
  if (!isText(file, start, end)) throw new DamagedFileError("a name that is no text", offset);
  return file.toString("utf8", start, end);
}
