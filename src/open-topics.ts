import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import type { Route } from "./http/panel/route.ts";
import { discoveryRoutes } from "./http/panel/discovery.ts";
import { publishRoutes } from "./http/panel/publish.ts";
import { jobRoutes } from "./http/panel/jobs.ts";
import { retainedRoutes } from "./http/panel/retained.ts";
import { publishesRoutes } from "./http/panel/publishes.ts";
import { topicRoutes } from "./http/panel/topics.ts";
import { trashRoutes } from "./http/panel/trash.ts";
import { createTopics, type Topics } from "./monitor/topics/topics.ts";
import { presentAmong } from "./open-access.ts";
import { absentIdentity } from "./snapshot/explain.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface TopicsDeskDeps {
  readonly broker: Pick<Broker, "retained" | "subscribersOf" | "observe" | "isConnected" | "publishAs" | "clients">;
  /** Where the trash is kept; null: nowhere but in memory. */
  readonly folder: string | null;
  readonly current: () => Pick<Snapshot, "settings" | "loginStages">;
  readonly reservedUsers: readonly string[];
  readonly now: () => number;
}

/** What the panel shows of topics and messages, and what it does to them. */
export interface TopicsDesk {
  readonly routes: readonly Route[];
  /** Takes over limits that have changed. */
  update(): void;
  readonly watch: Topics["watch"];
  readonly unused: Topics["unused"];
  stop(): Promise<void>;
}

/** Begins to keep what is published. */
export function openTopics({ broker, folder, current, reservedUsers, now }: TopicsDeskDeps): TopicsDesk {
  const topics = createTopics({
    limits() {
      const { maxIndexedTopics, maxIndexBytes } = current().settings.limits;
      return { maxTopics: maxIndexedTopics, maxBytes: maxIndexBytes };
    },
    retained: broker.retained,
    subscribersOf: broker.subscribersOf,
    observe: broker.observe,
    isConnected: broker.isConnected,
    trashFile: folder === null ? null : join(folder, "panel-trash.jsonl"),
    now,
  });
  const { trash, deletions, jobs } = topics;
  const present = presentAmong(broker.clients);
  return {
    routes: [
      ...topicRoutes(topics),
      ...publishesRoutes(topics),
      ...retainedRoutes({ table: topics.table, plan: deletions.plan, run: deletions.run }),
      ...trashRoutes({ trash: trash.list, restore: deletions.restore, forget: trash.forget }),
      ...discoveryRoutes({
        devices: topics.discovery,
        announcedBy: topics.announcedBy,
        async plan(ids) {
          const wanted = new Set(ids);
          const devices = (await topics.discovery()).filter(({ id }) => wanted.has(id));
          return deletions.plan({ topics: devices.flatMap((device) => device.topics) });
        },
        run: deletions.run,
      }),
      ...publishRoutes({
        publishAs: broker.publishAs,
        // a client that is there has the rights that its login brought
        identityOf: (username) => present({ username }) ?? absentIdentity({ username }, current(), reservedUsers),
      }),
      ...jobRoutes(jobs),
    ],
    watch: topics.watch,
    unused: topics.unused,
    update: topics.update,
    stop: topics.stop,
  };
}
