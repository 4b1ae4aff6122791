import type { Filter } from "./filter.ts";
import { addToBucket, type Bucket, removeFromBucket, type Subscription } from "./subscription.ts";

interface Node<S> {
  readonly children: Map<string, Node<S>>;
  /** The branch of "+". */
  plus: Node<S> | null;
  /** Filters that end here. */
  here: Bucket<S> | null;
  /** Filters that end here with "/#". */
  hash: Bucket<S> | null;
}

/** Holds subscriptions: filters without wildcard in one map, the others in a trie by level. */
export interface SubscriptionTrie<S> {
  add(subscription: Subscription<S>): void;
  remove(subscriber: S, filter: Filter): void;
  /** The bucket of one filter. */
  find(filter: Filter): Bucket<S> | null;
  /** Every bucket whose filter matches a topic name. */
  match(topic: string): Bucket<S>[];
}

/** Makes an empty trie. */
export function createSubscriptionTrie<S>(): SubscriptionTrie<S> {
  const exact = new Map<string, Bucket<S>>();
  const root = createNode<S>();

  return {
    add(subscription) {
      const { filter } = subscription;
      if (filter.hasWildcard) {
        addToBucket(wildcardBucket(root, filter.topic), subscription);
        return;
      }
      let bucket = exact.get(filter.topic);
      if (bucket === undefined) exact.set(filter.topic, (bucket = createBucket()));
      addToBucket(bucket, subscription);
    },

    remove(subscriber, filter) {
      if (filter.hasWildcard) {
        removeWildcard(root, filter.topic.split("/"), 0, subscriber, filter.group);
        return;
      }
      const bucket = exact.get(filter.topic);
      if (bucket !== undefined && removeFromBucket(bucket, subscriber, filter.group)) exact.delete(filter.topic);
    },

    find: (filter) => (filter.hasWildcard ? findWildcard(root, filter.topic) : (exact.get(filter.topic) ?? null)),

    match(topic) {
      const found: Bucket<S>[] = [];
      const same = exact.get(topic);
      if (same !== undefined) found.push(same);
      const levels = topic.split("/");
      // a leading wildcard never matches a $-topic [MQTT-4.7.2-1]
      if (topic.startsWith("$")) {
        const child = root.children.get(levels[0] ?? "");
        if (child !== undefined) collect(child, levels, 1, found);
      } else collect(root, levels, 0, found);
      return found;
    },
  };
}

function createNode<S>(): Node<S> {
  return { children: new Map(), plus: null, here: null, hash: null };
}

function createBucket<S>(): Bucket<S> {
  return { plain: new Map(), groups: null };
}

function wildcardBucket<S>(root: Node<S>, filter: string): Bucket<S> {
  let node = root;
  for (const level of filter.split("/")) {
    if (level === "#") return (node.hash ??= createBucket());
    if (level === "+") {
      node = node.plus ??= createNode();
      continue;
    }
    let child = node.children.get(level);
    if (child === undefined) node.children.set(level, (child = createNode()));
    node = child;
  }
  return (node.here ??= createBucket());
}

function findWildcard<S>(root: Node<S>, filter: string): Bucket<S> | null {
  let node = root;
  for (const level of filter.split("/")) {
    if (level === "#") return node.hash;
    const next = level === "+" ? node.plus : (node.children.get(level) ?? null);
    if (next === null) return null;
    node = next;
  }
  return node.here;
}

/** Collects below `node`, which stands for the first `depth` levels. "a/#" matches "a" too (4.7.1.2). */
function collect<S>(node: Node<S>, levels: readonly string[], depth: number, found: Bucket<S>[]): void {
  if (node.hash !== null) found.push(node.hash);
  const level = levels[depth];
  if (level === undefined) {
    if (node.here !== null) found.push(node.here);
    return;
  }
  const child = node.children.get(level);
  if (child !== undefined) collect(child, levels, depth + 1, found);
  if (node.plus !== null) collect(node.plus, levels, depth + 1, found);
}

/** Removes a subscription and every branch that is empty after it; tells whether `node` is empty. */
function removeWildcard<S>(
  node: Node<S>,
  levels: readonly string[],
  depth: number,
  subscriber: S,
  group: string | null,
): boolean {
  const level = levels[depth];
  if (level === undefined) {
    if (node.here !== null && removeFromBucket(node.here, subscriber, group)) node.here = null;
  } else if (level === "#") {
    if (node.hash !== null && removeFromBucket(node.hash, subscriber, group)) node.hash = null;
  } else if (level === "+") {
    if (node.plus !== null && removeWildcard(node.plus, levels, depth + 1, subscriber, group)) node.plus = null;
  } else {
    const child = node.children.get(level);
    if (child !== undefined && removeWildcard(child, levels, depth + 1, subscriber, group)) node.children.delete(level);
  }
  return node.children.size === 0 && node.plus === null && node.here === null && node.hash === null;
}
