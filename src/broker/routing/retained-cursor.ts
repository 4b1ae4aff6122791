import { childOf, childrenOf, messageAt, type RetainedEntry, type RetainedNode } from "./retained-tree.ts";
import type { StoredMessage } from "./stored-message.ts";

/** Walks the retained messages that match a filter, one small step at a time, while the store may change. */
export interface RetainedCursor {
  /** Found by the last step; null: that step found nothing. */
  found: StoredMessage | null;
  readonly levels: readonly string[];
  readonly frames: Frame[];
}

/** Nodes that stand for the first `depth` levels. */
interface Frame {
  readonly nodes: Iterator<readonly [string, RetainedEntry]>;
  readonly depth: number;
  /** Whether they are first levels of topics. */
  readonly isTop: boolean;
}

/** Begins a walk; `filter` is the part of a subscription that topics are matched with. */
export function createRetainedCursor(root: RetainedNode, filter: string): RetainedCursor {
  const start: readonly [string, RetainedEntry] = ["", root];
  return { found: null, levels: filter.split("/"), frames: [{ nodes: [start].values(), depth: 0, isTop: false }] };
}

/** Looks at one node; false when the walk is at its end. */
export function stepCursor(cursor: RetainedCursor): boolean {
  cursor.found = null;
  const frame = cursor.frames.at(-1);
  if (frame === undefined) return false;
  const { value, done } = frame.nodes.next();
  if (done === true) {
    cursor.frames.pop();
    return cursor.frames.length > 0;
  }
  const [name, node] = value;
  // a leading wildcard never matches a $-topic [MQTT-4.7.2-1]
  if (frame.isTop && name.startsWith("$") && isWildcard(cursor.levels[0])) return true;
  visit(cursor, node, frame.depth, cursor.frames.length === 1 && frame.depth === 0 && !frame.isTop);
  return true;
}

function visit(cursor: RetainedCursor, node: RetainedEntry, depth: number, isTop: boolean): void {
  const level = cursor.levels[depth];
  if (level === undefined) {
    cursor.found = messageAt(node);
    return;
  }
  // "a/#" matches "a" too, and everything below
  if (level === "#") cursor.found = messageAt(node);
  if (isWildcard(level)) {
    const nodes = childrenOf(node);
    if (nodes !== null) cursor.frames.push({ nodes, depth: level === "#" ? depth : depth + 1, isTop });
    return;
  }
  const child = childOf(node, level);
  if (child === null) return;
  const next: readonly [string, RetainedEntry] = [level, child];
  cursor.frames.push({ nodes: [next].values(), depth: depth + 1, isTop });
}

function isWildcard(level: string | undefined): boolean {
  return level === "#" || level === "+";
}
