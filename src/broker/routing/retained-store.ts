import { createRetainedNode, growBranch, pruneBranch, type RetainedNode } from "./retained-tree.ts";
import type { StoredMessage } from "./stored-message.ts";

export interface RetainedLimits {
  readonly maxRetainedMessages: number;
  readonly maxRetainedBytes: number;
}

/** The retained messages: an exact topic is one map look-up, wildcards walk a tree (retained-cursor.ts). */
export interface RetainedStore {
  readonly root: RetainedNode;
  readonly count: number;
  /** Payload, properties and topic. */
  readonly bytes: number;
  get(topic: string): StoredMessage | null;
  /** Stores or replaces; false when a limit does not allow it. */
  set(message: StoredMessage, limits: RetainedLimits): boolean;
  /** False when there was none. */
  delete(topic: string): boolean;
  messages(): IterableIterator<StoredMessage>;
}

/** Level names kept once for all topics; then the memory starts anew. */
const MAX_NAMES = 10_000;

/** Makes an empty store. */
export function createRetainedStore(): RetainedStore {
  const exact = new Map<string, RetainedNode>();
  const names = new Map<string, string>();
  const root = createRetainedNode();
  let bytes = 0;

  const sharedName = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, name);
    return name;
  };

  const add = (message: StoredMessage): void => {
    const node = growBranch(root, message.topic.split("/").map(sharedName));
    node.message = message;
    exact.set(message.topic, node);
  };

  return {
    root,
    get count() {
      return exact.size;
    },
    get bytes() {
      return bytes;
    },
    get: (topic) => exact.get(topic)?.message ?? null,
    set(message, limits) {
      const node = exact.get(message.topic);
      const grown = sizeOf(message) - (node === undefined ? 0 : sizeOf(node.message));
      if (node === undefined && exact.size >= limits.maxRetainedMessages) return false;
      if (grown > 0 && bytes + grown > limits.maxRetainedBytes) return false;
      bytes += grown;
      if (node === undefined) add(message);
      else node.message = message;
      return true;
    },
    delete(topic) {
      const node = exact.get(topic);
      if (node === undefined) return false;
      bytes -= sizeOf(node.message);
      exact.delete(topic);
      pruneBranch(root, topic.split("/"));
      return true;
    },
    *messages() {
      for (const { message } of exact.values()) if (message !== null) yield message;
    },
  };
}

function sizeOf(message: StoredMessage | null): number {
  return message === null ? 0 : message.topicBytes.length + message.body.length;
}
