import type { StoredMessage } from "./stored-message.ts";

/**
 * A level of the topic tree; the one that ends a topic holds its message. Most levels have one child, and a Map for
 * one entry would cost more than the message: the first child is kept in place.
 */
export interface RetainedNode {
  message: StoredMessage | null;
  /** Name of the only child; null: there is none, or there are several. */
  onlyName: string | null;
  onlyChild: RetainedNode | null;
  /** Several children; null: one at most. */
  children: Map<string, RetainedNode> | null;
}

/** A level without message and children. */
export function createRetainedNode(): RetainedNode {
  return { message: null, onlyName: null, onlyChild: null, children: null };
}

/** The child of that name. */
export function childOf(node: RetainedNode, name: string): RetainedNode | null {
  if (node.children !== null) return node.children.get(name) ?? null;
  return node.onlyName === name ? node.onlyChild : null;
}

/** Every child with its name; lives on while children come and go. */
export function childrenOf(node: RetainedNode): Iterator<readonly [string, RetainedNode]> | null {
  if (node.children !== null) return node.children.entries();
  if (node.onlyName === null || node.onlyChild === null) return null;
  const only: readonly [string, RetainedNode] = [node.onlyName, node.onlyChild];
  return [only].values();
}

/** Adds the branch of a topic where it is missing; gives its last node. `names` are used as they are kept. */
export function growBranch(root: RetainedNode, names: readonly string[]): RetainedNode {
  let node = root;
  for (const name of names) {
    const known = childOf(node, name);
    const next: RetainedNode = known ?? createRetainedNode();
    if (known === null) addChild(node, name, next);
    node = next;
  }
  return node;
}

function addChild(node: RetainedNode, name: string, child: RetainedNode): void {
  if (node.children !== null) node.children.set(name, child);
  else if (node.onlyName === null || node.onlyChild === null) {
    node.onlyName = name;
    node.onlyChild = child;
  } else {
    node.children = new Map([
      [node.onlyName, node.onlyChild],
      [name, child],
    ]);
    node.onlyName = null;
    node.onlyChild = null;
  }
}

/** Takes the message at the end of a topic away, and every branch that is empty then; tells whether `node` is empty. */
export function pruneBranch(node: RetainedNode, names: readonly string[], depth = 0): boolean {
  const name = names[depth];
  if (name === undefined) node.message = null;
  else {
    const child = childOf(node, name);
    if (child !== null && pruneBranch(child, names, depth + 1)) removeChild(node, name);
  }
  return node.message === null && node.children === null && node.onlyName === null;
}

function removeChild(node: RetainedNode, name: string): void {
  if (node.children === null) {
    node.onlyName = null;
    node.onlyChild = null;
    return;
  }
  node.children.delete(name);
  if (node.children.size === 0) node.children = null;
}
