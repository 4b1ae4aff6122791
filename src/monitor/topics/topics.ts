import type { Page } from "../../core/api/common.ts";
import type { IndexInfo, TopicFound, TopicInfo, TopicLevel } from "../../core/api/topics.ts";
import type { MessageObserver } from "../../core/observing.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { createTopicIndex, type IndexLimits } from "./topic-index.ts";
import { topicInfo } from "./topic-info.ts";
import { searchTopics, type TopicSearch } from "./topic-search.ts";
import { topicLevel } from "./topic-tree.ts";

export interface TopicsDeps {
  /** In force now; without topics nothing is entered. */
  readonly limits: () => IndexLimits;
  readonly retained: RetainedMessages;
  readonly subscribersOf: (topic: string) => number;
  /** Shows what clients publish to the index; null: to nobody. */
  readonly observe: (observer: MessageObserver | null) => void;
  readonly now: () => number;
}

/** What is going on: the topics in use, their last values and who publishes them. */
export interface Topics {
  level(parent: string | null): Promise<TopicLevel>;
  /** null: nothing is known of it. */
  info(topic: string): TopicInfo | null;
  /** A text says why it cannot be searched for, as a sentence. */
  search(search: TopicSearch): Promise<Page<TopicFound> | string>;
  index(): IndexInfo;
  /** Takes over limits that have changed. */
  update(): void;
  stop(): void;
}

/** Begins to keep what is published. */
export function createTopics({ limits, retained, subscribersOf, observe, now }: TopicsDeps): Topics {
  const index = createTopicIndex(limits, now);
  const observer: MessageObserver = { wantsEach: false, seen: index.seen };
  const update = (): void => {
    index.trim();
    observe(limits().maxTopics === 0 ? null : observer);
  };
  update();

  return {
    level: (parent) => topicLevel({ index, retained }, parent),
    info: (topic) => topicInfo({ index, retained, subscribersOf }, topic),
    search: (search) => searchTopics({ index, retained }, search),
    index() {
      const { maxTopics, maxBytes } = limits();
      const { topics, bytes, forgotten } = index;
      return {
        enabled: maxTopics > 0,
        topics,
        bytes,
        maxTopics,
        maxBytes: Number.isFinite(maxBytes) ? maxBytes : null,
        forgotten,
      };
    },
    update,
    stop: () => observe(null),
  };
}
