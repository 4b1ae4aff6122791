import type { StoredMessage } from "./stored-message.ts";

/**
 * What stands at a level of the topic tree. Most topics have nothing below them: there the message itself stands, and
 * saves a node.
 */
export type RetainedEntry = RetainedNode | StoredMessage;

/**
 * A level with others below it. Many have one child, and a Map for one entry would cost more than the message: the first
 * child is kept in place.
 */
export interface RetainedNode {
  message: StoredMessage | null;
  /** Name of the only child; null: there is none, or there are several. */
  onlyName: string | null;
  onlyChild: RetainedEntry | null;
  /** Several children; null: one at most. */
  children: Map<string, RetainedEntry> | null;
}

/** A level without message and children. */
export function createRetainedNode(): RetainedNode {
  return { message: null, onlyName: null, onlyChild: null, children: null };
}

/** The message of the topic that ends here. */
export function messageAt(entry: RetainedEntry): StoredMessage | null {
  return isMessage(entry) ? entry : entry.message;
}

/** The child of that name. */
export function childOf(entry: RetainedEntry, name: string): RetainedEntry | null {
  if (isMessage(entry)) return null;
  if (entry.children !== null) return entry.children.get(name) ?? null;
  return entry.onlyName === name ? entry.onlyChild : null;
}

/** Every child with its name; lives on while children come and go. */
export function childrenOf(entry: RetainedEntry): Iterator<readonly [string, RetainedEntry]> | null {
  if (isMessage(entry)) return null;
  if (entry.children !== null) return entry.children.entries();
  if (entry.onlyName === null || entry.onlyChild === null) return null;
  const only: readonly [string, RetainedEntry] = [entry.onlyName, entry.onlyChild];
  return [only].values();
}

/** Where the message of a topic stands: below a level, with others. */
export interface RetainedPlace {
  readonly above: RetainedNode;
  readonly name: string;
}

/** The place of a topic, for its next message; null: the level above it is not there. */
export function findPlace(root: RetainedNode, topic: string): RetainedPlace | null {
  const names = topic.split("/");
  const last = names.length - 1;
  let above: RetainedEntry | null = root;
  for (let depth = 0; depth < last && above !== null; depth++) above = childOf(above, names[depth] ?? "");
  return above === null || isMessage(above) ? null : { above, name: names[last] ?? "" };
}

/** The message at a place; null when there is none, or the level above it has left the tree, which it does without any. */
export function messageAtPlace({ above, name }: RetainedPlace): StoredMessage | null {
  const entry = childOf(above, name);
  return entry === null ? null : messageAt(entry);
}

/** Puts a message in the place of one. */
export function replaceMessage({ above, name }: RetainedPlace, message: StoredMessage): void {
  const known = childOf(above, name);
  if (known !== null && !isMessage(known)) known.message = message;
  else setChild(above, name, message);
}

/** The message of a topic. */
export function findMessage(root: RetainedNode, topic: string): StoredMessage | null {
  let entry: RetainedEntry | null = root;
  for (const name of topic.split("/")) {
    entry = childOf(entry, name);
    if (entry === null) return null;
  }
  return messageAt(entry);
}

/** Puts a message at its topic, in the place of the one before. Names of new levels are kept as `nameOf` gives them. */
export function putMessage(root: RetainedNode, message: StoredMessage, nameOf: (name: string) => string): void {
  const names = message.topic.split("/");
  const last = names.length - 1;
  let node = root;
  for (let depth = 0; depth < last; depth++) node = nodeBelow(node, names[depth] ?? "", nameOf);
  const name = names[last] ?? "";
  const known = childOf(node, name);
  if (known !== null && !isMessage(known)) known.message = message;
  else setChild(node, known === null ? nameOf(name) : name, message);
}

/** The child of that name as a level that can have others below it. */
function nodeBelow(node: RetainedNode, name: string, nameOf: (name: string) => string): RetainedNode {
  const known = childOf(node, name);
  if (known !== null && !isMessage(known)) return known;
  const next = createRetainedNode();
  next.message = known;
  setChild(node, known === null ? nameOf(name) : name, next);
  return next;
}

function setChild(node: RetainedNode, name: string, child: RetainedEntry): void {
  if (node.children !== null) node.children.set(name, child);
  else if (node.onlyName === null || node.onlyChild === null || node.onlyName === name) {
    // the name it has is kept once for many
    if (node.onlyName !== name) node.onlyName = name;
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

/** Takes the message of a topic away, and every level that is empty then. */
export function removeMessage(root: RetainedNode, topic: string): void {
  prune(root, topic.split("/"), 0);
}

/** What stands in the place of `entry` afterwards; null: nothing. */
function prune(entry: RetainedEntry, names: readonly string[], depth: number): RetainedEntry | null {
  const name = names[depth];
  if (isMessage(entry)) return name === undefined ? null : entry;
  if (name === undefined) entry.message = null;
  else {
    const child = childOf(entry, name);
    if (child === null) return entry;
    const left = prune(child, names, depth + 1);
    if (left === null) removeChild(entry, name);
    else if (left !== child) setChild(entry, name, left);
  }
  return entry.children === null && entry.onlyName === null ? entry.message : entry;
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

/** Every message from a level downwards. */
export function* messagesFrom(entry: RetainedEntry): Generator<StoredMessage, void> {
  const message = messageAt(entry);
  if (message !== null) yield message;
  const children = childrenOf(entry);
  if (children === null) return;
  for (let next = children.next(); next.done !== true; next = children.next()) yield* messagesFrom(next.value[1]);
}

function isMessage(entry: RetainedEntry): entry is StoredMessage {
  return "sequence" in entry;
}
