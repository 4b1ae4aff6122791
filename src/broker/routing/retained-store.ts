import type { StoredMessage } from "./stored-message.ts";

/** A level of the topic tree; the one that ends a topic holds its message. */
export interface RetainedNode {
  /** null: no topic goes on below. */
  children: Map<string, RetainedNode> | null;
  message: StoredMessage | null;
}

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
}

/** Makes an empty store. */
export function createRetainedStore(): RetainedStore {
  const exact = new Map<string, RetainedNode>();
  const root: RetainedNode = { children: null, message: null };
  let bytes = 0;

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
      const { topic } = message;
      const node = exact.get(topic);
      const grown = sizeOf(message) - (node === undefined ? 0 : sizeOf(node.message));
      if (node === undefined && exact.size >= limits.maxRetainedMessages) return false;
      if (grown > 0 && bytes + grown > limits.maxRetainedBytes) return false;
      bytes += grown;
      if (node === undefined) exact.set(topic, insert(root, topic, message));
      else node.message = message;
      return true;
    },
    delete(topic) {
      const node = exact.get(topic);
      if (node === undefined) return false;
      bytes -= sizeOf(node.message);
      exact.delete(topic);
      prune(root, topic.split("/"), 0);
      return true;
    },
  };
}

function sizeOf(message: StoredMessage | null): number {
  return message === null ? 0 : message.topicBytes.length + message.body.length;
}

function insert(root: RetainedNode, topic: string, message: StoredMessage): RetainedNode {
  let node = root;
  for (const level of topic.split("/")) {
    node.children ??= new Map();
    let child = node.children.get(level);
    if (child === undefined) node.children.set(level, (child = { children: null, message: null }));
    node = child;
  }
  node.message = message;
  return node;
}

/** Takes the message at the end of `levels` away and every branch that is empty then; tells whether `node` is. */
function prune(node: RetainedNode, levels: readonly string[], depth: number): boolean {
  const level = levels[depth];
  if (level === undefined) node.message = null;
  else {
    const child = node.children?.get(level);
    if (child !== undefined && prune(child, levels, depth + 1)) node.children?.delete(level);
    if (node.children?.size === 0) node.children = null;
  }
  return node.message === null && node.children === null;
}
