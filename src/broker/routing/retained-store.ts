import {
  createRetainedNode,
  findMessage,
  findPlace,
  messageAtPlace,
  messagesFrom,
  putMessage,
  removeMessage,
  replaceMessage,
  type RetainedNode,
  type RetainedPlace,
} from "./retained-tree.ts";
import type { StoredMessage } from "./stored-message.ts";

export interface RetainedLimits {
  readonly maxRetainedMessages: number;
  readonly maxRetainedBytes: number;
}

/** The retained messages, as a tree of topic levels; filters walk it step by step (retained-cursor.ts). */
export interface RetainedStore {
  readonly root: RetainedNode;
  readonly count: number;
  /** Payload, properties and topic. */
  readonly bytes: number;
  readonly payloadBytes: number;
  get(topic: string): StoredMessage | null;
  /** Stores or replaces; false when a limit does not allow it. `seat` remembers the place of a topic that has its next. */
  set(message: StoredMessage, limits: RetainedLimits, seat?: Seat): boolean;
  /** False when there was none. */
  delete(topic: string): boolean;
  messages(): Iterable<StoredMessage>;
}

/** What is known of a topic in use: devices say the same again and again. */
export interface Seat {
  /** null: not known. */
  place: RetainedPlace | null;
}

/** Level names kept once for all topics; then the memory starts anew. */
const MAX_NAMES = 10_000;

/** Makes an empty store. */
export function createRetainedStore(): RetainedStore {
  const names = new Map<string, string>();
  const root = createRetainedNode();
  let count = 0;
  let bytes = 0;
  let payloadBytes = 0;

  const sharedName = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, name);
    return name;
  };

  return {
    root,
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    get payloadBytes() {
      return payloadBytes;
    },
    get: (topic) => findMessage(root, topic),
    set(message, limits, seat) {
      let place = seat?.place ?? null;
      let known = place === null ? null : messageAtPlace(place);
      if (known === null) {
        place = findPlace(root, message.topic);
        known = place === null ? null : messageAtPlace(place);
      }
      const grown = sizeOf(message) - sizeOf(known);
      if (known === null && count >= limits.maxRetainedMessages) return false;
      if (grown > 0 && bytes + grown > limits.maxRetainedBytes) return false;
      bytes += grown;
      payloadBytes += payloadSize(message) - payloadSize(known);
      if (known === null || place === null) {
        count++;
        putMessage(root, message, sharedName);
      } else {
        replaceMessage(place, message);
        if (seat !== undefined) seat.place = place;
      }
      return true;
    },
    delete(topic) {
      const known = findMessage(root, topic);
      if (known === null) return false;
      bytes -= sizeOf(known);
      payloadBytes -= payloadSize(known);
      count--;
      removeMessage(root, topic);
      return true;
    },
    messages: () => messagesFrom(root),
  };
}

function sizeOf(message: StoredMessage | null): number {
  return message === null ? 0 : message.topicBytes.length + message.body.length;
}

function payloadSize(message: StoredMessage | null): number {
  return message === null ? 0 : message.body.length - message.propertiesLength;
}
