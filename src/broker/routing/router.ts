import { utf8ByteString } from "../packets/bytes.ts";
import type { Filter } from "./filter.ts";
import { type Routes, routesOf } from "./routes.ts";
import type { SharedGroup, Subscription } from "./subscription.ts";
import { createSubscriptionTrie } from "./subscription-trie.ts";
import { createTopicTable, type TopicEntry, type TopicTable } from "./topic-table.ts";

/** Answers who gets the messages of a topic, from a cache that follows every change of the subscriptions. */
export interface Router<S> {
  readonly topics: TopicTable<S>;
  /** Adds or replaces a subscription. */
  add(subscription: Subscription<S>): void;
  remove(subscriber: S, filter: Filter): void;
  /** The members of a shared subscription; null when it has none. */
  group(filter: Filter): SharedGroup<S> | null;
  routes(entry: TopicEntry<S>): Routes<S>;
  /** Whether anybody subscribed to what a topic is in, suspended or not. Unlike routes() it remembers nothing of it. */
  isHeard(topic: string): boolean;
  /** The entry of a topic name that did not come in a packet. */
  entryOf(topic: string): TopicEntry<S>;
  /** Forgets every cached answer: the rules changed. */
  invalidate(): void;
}

/** Makes a router without subscriptions. What is suspended gets nothing; it is asked whenever routes are made. */
export function createRouter<S>(
  maxCachedTopics: number,
  isSuspended: (subscription: Subscription<S>) => boolean,
): Router<S> {
  const trie = createSubscriptionTrie<S>();
  const topics = createTopicTable<S>(maxCachedTopics);
  let generation = 0;

  const changed = (filter: Filter): void => {
    if (filter.hasWildcard) {
      generation++;
      return;
    }
    // one topic is affected: thousands of clients that subscribe to their own do not empty the cache
    const entry = topics.get(utf8ByteString(filter.topic));
    if (entry !== null) entry.routes = null;
  };

  return {
    topics,
    add(subscription) {
      trie.add(subscription);
      changed(subscription.filter);
    },
    remove(subscriber, filter) {
      trie.remove(subscriber, filter);
      changed(filter);
    },
    group: (filter) => trie.find(filter)?.groups?.get(filter.group ?? "") ?? null,
    routes(asked) {
      const entry = asked.evicted ? topics.enterText(asked.text, asked.bytes) : asked;
      if (entry.routes !== null && entry.generation === generation) return entry.routes;
      entry.routes = routesOf(trie.match(entry.text), isSuspended);
      entry.generation = generation;
      return entry.routes;
    },
    isHeard: (topic) => trie.match(topic).length > 0,
    entryOf: (topic) => topics.enterText(topic, utf8ByteString(topic)),
    invalidate() {
      generation++;
    },
  };
}
