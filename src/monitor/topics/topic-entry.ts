import type { ClientInfo } from "../../core/events.ts";
import type { Qos } from "../../core/types.ts";
import { createNumbers, NUMBERS_BYTES, type Numbers, recordNumber } from "./numbers.ts";

/** Bytes of a payload that are kept. */
export const KEPT_BYTES = 4096;
/** Publishers of one topic that are kept; the one that was silent for longest goes. */
const MAX_PUBLISHERS = 8;

/** Who published to a topic. */
export interface TopicPublisher {
  /** As it was connected then; another object for each connection. */
  client: ClientInfo;
  atMs: number;
  count: number;
}

/** What the index knows of one topic. It is written with every message, so nothing of it is made anew for one. */
export interface TopicEntry {
  readonly topic: string;
  /** The start of the last payload, in the first bytes; the rest is room for a longer one. */
  value: Uint8Array;
  /** Bytes of the whole payload. */
  bytes: number;
  qos: Qos;
  atMs: number;
  /** When it was published to be retained; 0: never. */
  retainedAtMs: number;
  count: number;
  /** In no order. */
  readonly publishers: TopicPublisher[];
  /** The one of the last message. */
  last: TopicPublisher;
  /** null: no payload was a number. */
  numbers: Numbers | null;
  /** Neighbours in the order of use. */
  newer: TopicEntry | null;
  older: TopicEntry | null;
}

/** Bytes of the objects of an entry, and of a publisher; measured. */
const ENTRY_BYTES = 320;
const PUBLISHER_BYTES = 64;

/** Makes the entry of a topic, with its first publisher and no message yet. */
export function createTopicEntry(topic: string, client: ClientInfo): TopicEntry {
  const last = { client, atMs: 0, count: 0 };
  return {
    topic,
    value: new Uint8Array(0),
    bytes: 0,
    qos: 0,
    atMs: 0,
    retainedAtMs: 0,
    count: 0,
    publishers: [last],
    last,
    numbers: null,
    newer: null,
    older: null,
  };
}

/** What an entry takes in memory, about. */
export function sizeOfEntry({ topic, value, publishers, numbers }: TopicEntry): number {
  const room = value.length > 64 ? value.length + 128 : value.length;
  const series = numbers === null ? 0 : NUMBERS_BYTES;
  return ENTRY_BYTES + topic.length + room + publishers.length * PUBLISHER_BYTES + series;
}

/** Writes the last of `count` messages of a client into the entry; true: it takes more memory than before. */
export function writeMessage(
  entry: TopicEntry,
  client: ClientInfo,
  source: Buffer,
  start: number,
  end: number,
  nowMs: number,
  count: number,
): boolean {
  let hasGrown = false;
  if (entry.last.client !== client) hasGrown = usePublisher(entry, client);
  entry.last.atMs = nowMs;
  entry.last.count += count;
  entry.atMs = nowMs;
  entry.count += count;
  entry.bytes = end - start;
  const kept = entry.bytes > KEPT_BYTES ? KEPT_BYTES : entry.bytes;
  if (kept > entry.value.length) {
    entry.value = new Uint8Array(roomFor(kept));
    hasGrown = true;
  }
  const { value } = entry;
  if (kept > 64) source.copy(value, 0, start, start + kept);
  // calling into the runtime takes longer than a short loop
  else for (let at = 0; at < kept; at++) value[at] = source[start + at] ?? 0;
  const number = numberIn(source, start, end);
  if (Number.isNaN(number)) return hasGrown;
  if (entry.numbers === null) {
    entry.numbers = createNumbers();
    hasGrown = true;
  }
  recordNumber(entry.numbers, nowMs, number);
  return hasGrown;
}

/** A power of two from 32 on: values of a topic are about alike, and the next one is to fit. */
function roomFor(bytes: number): number {
  let room = 32;
  while (room < bytes) room *= 2;
  return room;
}

/** Makes a client the last publisher; true: it is a new one. */
function usePublisher(entry: TopicEntry, client: ClientInfo): boolean {
  const { publishers } = entry;
  let oldest = entry.last;
  for (const publisher of publishers) {
    if (publisher.client.clientId === client.clientId && publisher.client.username === client.username) {
      publisher.client = client;
      entry.last = publisher;
      return false;
    }
    if (publisher.atMs < oldest.atMs) oldest = publisher;
  }
  if (publishers.length < MAX_PUBLISHERS) {
    entry.last = { client, atMs: 0, count: 0 };
    publishers.push(entry.last);
    return true;
  }
  oldest.client = client;
  oldest.count = 0;
  entry.last = oldest;
  return false;
}

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Digits that a double can hold. */
const MAX_DIGITS = 15;

/** The number that a payload is: "21.5", "-3". NaN: it is none, or in another form. */
export function numberIn(source: Uint8Array, start: number, end: number): number {
  let at = start;
  const isNegative = source[at] === MINUS;
  if (isNegative) at++;
  if (at === end || end - at > MAX_DIGITS + 1) return Number.NaN;
  let value = 0;
  let digits = 0;
  let scale = 0;
  for (; at < end; at++) {
    const code = source[at] ?? 0;
    if (code === POINT && scale === 0 && digits > 0) scale = 1;
    else if (code >= ZERO && code < ZERO + 10) {
      value = value * 10 + (code - ZERO);
      digits++;
      if (scale > 0) scale *= 10;
    } else return Number.NaN;
  }
  // "21." is none
  if (digits === 0 || digits > MAX_DIGITS || scale === 1) return Number.NaN;
  const number = scale > 0 ? value / scale : value;
  return isNegative ? -number : number;
}
