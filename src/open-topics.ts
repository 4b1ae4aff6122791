import type { Broker } from "./broker/broker.ts";
import type { Route } from "./http/panel/route.ts";
import { topicRoutes } from "./http/panel/topics.ts";
import { createTopics } from "./monitor/topics/topics.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface TopicsDeskDeps {
  readonly broker: Pick<Broker, "retained" | "subscribersOf" | "observe">;
  readonly current: () => Pick<Snapshot, "settings">;
  readonly now: () => number;
}

/** What the panel shows of topics and messages, and what it does to them. */
export interface TopicsDesk {
  readonly routes: readonly Route[];
  /** Takes over limits that have changed. */
  update(): void;
  stop(): void;
}

/** Begins to keep what is published. */
export function openTopics({ broker, current, now }: TopicsDeskDeps): TopicsDesk {
  const topics = createTopics({
    limits() {
      const { maxIndexedTopics, maxIndexBytes } = current().settings.limits;
      return { maxTopics: maxIndexedTopics, maxBytes: maxIndexBytes };
    },
    retained: broker.retained,
    subscribersOf: broker.subscribersOf,
    observe: broker.observe,
    now,
  });
  return { routes: [...topicRoutes(topics)], update: topics.update, stop: topics.stop };
}
