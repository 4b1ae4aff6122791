import { isControlTopic } from "../../core/topic.ts";
import { randomInt } from "node:crypto";
import { type ByteString, toByteString } from "../packets/bytes.ts";
import type { RetainedPlace } from "./retained-tree.ts";
import type { Routes } from "./routes.ts";

/** A topic name that was seen, with the answer to "who gets it". */
export interface TopicEntry<S> {
  readonly text: string;
  readonly bytes: ByteString;
  /** Messages to it are questions to the broker, and routed to nobody. */
  readonly isControl: boolean;
  /** null: to be asked. */
  routes: Routes<S> | null;
  /** Generation of the subscriptions that `routes` belongs to. */
  generation: number;
  /** Of its retained message. null: to be looked for. */
  place: RetainedPlace | null;
  /** Not in the table: whoever holds it has to look it up again. */
  evicted: boolean;
}

/**
 * Knows the topics in use by their bytes. Of fixed size: a new topic takes the place of one that hashes alike, and very
 * long ones are in it never.
 */
export interface TopicTable<S> {
  /** The topic whose bytes are [start, end); null when it is not known. */
  find(source: Buffer, start: number, end: number): TopicEntry<S> | null;
  /** Enters a topic that has been checked. */
  enter(source: Buffer, start: number, end: number): TopicEntry<S>;
  get(bytes: ByteString): TopicEntry<S> | null;
  enterText(text: string, bytes: ByteString): TopicEntry<S>;
}

/**
 * Bytes of the longest topic that is kept. Nobody has many topics as long, and a client that may publish to none of them
 * could fill the memory with 64 kB for each place.
 */
export const LONGEST_KEPT_TOPIC = 512;

/** Makes an empty table for `maxTopics`, a power of two. */
export function createTopicTable<S>(maxTopics: number): TopicTable<S> {
  // Two places for each hash: a topic is only driven out by two others in use.
  const places: (TopicEntry<S> | null)[] = Array.from({ length: maxTopics }, () => null);
  const mask = maxTopics - 2;
  // Nobody can choose topics that drive out another's.
  const seed = randomInt(2 ** 32);

  const get = (bytes: ByteString): TopicEntry<S> | null => {
    const place = hashOfText(seed, bytes) & mask;
    const first = places[place] ?? null;
    if (first?.bytes === bytes) return first;
    const second = places[place + 1] ?? null;
    return second?.bytes === bytes ? second : null;
  };

  const enterText = (text: string, bytes: ByteString): TopicEntry<S> => {
    const known = get(bytes);
    if (known !== null) return known;
    const isControl = isControlTopic(text);
    const isKept = bytes.length <= LONGEST_KEPT_TOPIC;
    const entry: TopicEntry<S> = {
      text,
      bytes,
      isControl,
      routes: null,
      generation: -1,
      place: null,
      evicted: !isKept,
    };
    if (!isKept) return entry;
    const place = hashOfText(seed, bytes) & mask;
    const last = places[place + 1] ?? null;
    if (last !== null) {
      last.evicted = true;
      last.routes = null;
    }
    places[place + 1] = places[place] ?? null;
    places[place] = entry;
    return entry;
  };

  return {
    find(source, start, end) {
      const place = hashOf(seed, source, start, end) & mask;
      const first = places[place] ?? null;
      if (first !== null && sameBytes(first.bytes, source, start, end)) return first;
      const second = places[place + 1] ?? null;
      return second !== null && sameBytes(second.bytes, source, start, end) ? second : null;
    },
    enter(source, start, end) {
      const text = source.toString("utf8", start, end);
      // plain ASCII: both are the same string, and only one is kept
      return enterText(text, text.length === end - start ? text : toByteString(source, start, end));
    },
    get,
    enterText,
  };
}

/** Whether a byte string equals [start, end) of a buffer. */
export function sameBytes(bytes: ByteString, source: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  // topics of one device differ at their end
  for (let index = bytes.length - 1; index >= 0; index--) {
    if (bytes.charCodeAt(index) !== source[start + index]) return false;
  }
  return true;
}

/** FNV-1a from a secret start. */
function hashOf(seed: number, source: Buffer, start: number, end: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (source[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function hashOfText(seed: number, bytes: ByteString): number {
  let hash = seed;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
