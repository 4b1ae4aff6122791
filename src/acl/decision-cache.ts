import type { Decision } from "../core/types.ts";
import type { TopicAction } from "./reserved-topics.ts";

/** Answers of one session that are kept: a device uses few topics, and each of them often. */
interface DecisionCache<Kept extends Decision | null> {
  /** null, where there is one: no rule decides, and that is kept too. */
  of(action: TopicAction, topic: string): Kept;
  /** Forgets them: the rules have changed. */
  clear(): void;
}

/** Answers kept per action and session. Few clients use more topics; a full cache is dropped, which costs one walk
 * through the rules per topic, while evicting in order would cost something at every hit. */
const MAX_CACHED = 1_000;

/** Characters; longer topics are not kept, so that a client cannot fill the memory with invented ones. */
const MAX_CACHED_TOPIC = 200;

/** Keeps what `decide` answers. */
export function keepDecisions<Kept extends Decision | null>(
  decide: (action: TopicAction, topic: string) => Kept,
): DecisionCache<Kept> {
  const caches: Record<TopicAction, Map<string, Kept>> = { publish: new Map(), receive: new Map() };
  return {
    of(action, topic) {
      const cache = caches[action];
      const known = cache.get(topic);
      if (known !== undefined) return known;
      const decision = decide(action, topic);
      if (topic.length <= MAX_CACHED_TOPIC) {
        // a new one: what an old Map drops and takes is garbage that only a full collection finds
        if (cache.size >= MAX_CACHED) caches[action] = new Map([[topic, decision]]);
        else cache.set(topic, decision);
      }
      return decision;
    },
    clear() {
      caches.publish.clear();
      caches.receive.clear();
    },
  };
}
