import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import type { Route } from "./http/panel/route.ts";
import { jobRoutes } from "./http/panel/jobs.ts";
import { retainedRoutes } from "./http/panel/retained.ts";
import { publishesRoutes } from "./http/panel/publishes.ts";
import { topicRoutes } from "./http/panel/topics.ts";
import { trashRoutes } from "./http/panel/trash.ts";
import { createTopics, type Topics } from "./monitor/topics/topics.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface TopicsDeskDeps {
  readonly broker: Pick<Broker, "retained" | "subscribersOf" | "observe">;
  /** Where the trash is kept; null: nowhere but in memory. */
  readonly folder: string | null;
  readonly current: () => Pick<Snapshot, "settings">;
  readonly now: () => number;
}

/** What the panel shows of topics and messages, and what it does to them. */
export interface TopicsDesk {
  readonly routes: readonly Route[];
  /** Takes over limits that have changed. */
  update(): void;
  readonly watch: Topics["watch"];
  stop(): Promise<void>;
}

/** Begins to keep what is published. */
export function openTopics({ broker, folder, current, now }: TopicsDeskDeps): TopicsDesk {
  const topics = createTopics({
    limits() {
      const { maxIndexedTopics, maxIndexBytes } = current().settings.limits;
      return { maxTopics: maxIndexedTopics, maxBytes: maxIndexBytes };
    },
    retained: broker.retained,
    subscribersOf: broker.subscribersOf,
    observe: broker.observe,
    trashFile: folder === null ? null : join(folder, "panel-trash.jsonl"),
    now,
  });
  const { trash, deletions, jobs } = topics;
  return {
    routes: [
      ...topicRoutes(topics),
      ...publishesRoutes(topics),
      ...retainedRoutes({ table: topics.table, plan: deletions.plan, run: deletions.run }),
      ...trashRoutes({ trash: trash.list, restore: deletions.restore, forget: trash.forget }),
      ...jobRoutes(jobs),
    ],
    watch: topics.watch,
    update: topics.update,
    stop: topics.stop,
  };
}
