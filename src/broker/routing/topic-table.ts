import { type ByteString, toByteString } from "../packets/bytes.ts";
import type { Routes } from "./routes.ts";

/** A topic name that was seen, with the answer to "who gets it". */
export interface TopicEntry<S> {
  readonly text: string;
  readonly bytes: ByteString;
  /** null: to be asked. */
  routes: Routes<S> | null;
  /** Generation of the subscriptions that `routes` belongs to. */
  generation: number;
  /** Out of the table: whoever still holds it has to look it up again. */
  evicted: boolean;
}

/** Knows the topics in use, by bytes for packets and by text for everything else. Bounded. */
export interface TopicTable<S> {
  /** The topic whose bytes are [start, end); null when it is not known. */
  find(source: Buffer, start: number, end: number): TopicEntry<S> | null;
  /** Enters a topic that has been checked. */
  enter(source: Buffer, start: number, end: number): TopicEntry<S>;
  get(text: string): TopicEntry<S> | undefined;
  enterText(text: string, bytes: ByteString): TopicEntry<S>;
  readonly size: number;
}

const SLOTS = 8192;

/** Makes an empty table that starts anew when it holds `maxTopics`. */
export function createTopicTable<S>(maxTopics: number): TopicTable<S> {
  const byText = new Map<string, TopicEntry<S>>();
  // Direct mapped: a collision costs a look-up by text and nothing else, so chosen names cannot slow it down.
  const slots: (TopicEntry<S> | null)[] = Array.from({ length: SLOTS }, () => null);

  const enterText = (text: string, bytes: ByteString): TopicEntry<S> => {
    const known = byText.get(text);
    if (known !== undefined) return known;
    if (byText.size >= maxTopics) clear();
    const entry: TopicEntry<S> = { text, bytes, routes: null, generation: -1, evicted: false };
    byText.set(text, entry);
    return entry;
  };

  const clear = (): void => {
    for (const entry of byText.values()) {
      entry.evicted = true;
      entry.routes = null;
    }
    byText.clear();
    slots.fill(null);
  };

  return {
    find(source, start, end) {
      const entry = slots[slotOf(source, start, end)] ?? null;
      return entry !== null && sameBytes(entry.bytes, source, start, end) ? entry : null;
    },
    enter(source, start, end) {
      const text = source.toString("utf8", start, end);
      // plain ASCII: both are the same string, and only one is kept
      const entry = enterText(text, text.length === end - start ? text : toByteString(source, start, end));
      slots[slotOf(source, start, end)] = entry;
      return entry;
    },
    get: (text) => byText.get(text),
    enterText,
    get size() {
      return byText.size;
    },
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

/** FNV-1a. */
function slotOf(source: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (source[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
