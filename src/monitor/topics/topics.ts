import type { Page } from "../../core/api/common.ts";
import type {
  DiscoveryInfo,
  IndexInfo,
  RetainedInfo,
  TopicFound,
  TopicInfo,
  TopicLevel,
} from "../../core/api/topics.ts";
import type { MessageObserver } from "../../core/observing.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { createDeletions, type Deletions } from "./deletions.ts";
import { discoveredDevices } from "./discovery.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { type TableQuery, retainedTable } from "./retained-table.ts";
import { createTails, type Tails } from "./tails.ts";
import { publishedBy } from "./published-by.ts";
import { createTopicIndex, type IndexLimits } from "./topic-index.ts";
import { topicInfo } from "./topic-info.ts";
import { searchTopics, type TopicSearch } from "./topic-search.ts";
import { topicLevel } from "./topic-tree.ts";
import { createTrash, type Trash } from "./trash.ts";
import { fileShelf, memoryShelf } from "./trash-shelf.ts";

export interface TopicsDeps {
  /** In force now; without topics nothing is entered. */
  readonly limits: () => IndexLimits;
  readonly retained: RetainedMessages;
  readonly subscribersOf: (topic: string) => number;
  /** Shows what clients publish to the index; null: to nobody. */
  readonly observe: (observer: MessageObserver | null) => void;
  /** Where the trash is kept; null: in memory. */
  readonly trashFile: string | null;
  readonly isConnected: (clientId: string) => boolean;
  readonly now: () => number;
}

/** What is going on: the topics in use, their last values and who publishes them. */
export interface Topics {
  level(parent: string | null): Promise<TopicLevel>;
  /** null: nothing is known of it. */
  info(topic: string): TopicInfo | null;
  /** A text says why it cannot be searched for, as a sentence. */
  search(search: TopicSearch): Promise<Page<TopicFound> | string>;
  /** Topics that a client published to. */
  publishedBy(clientId: string): ReturnType<typeof publishedBy>;
  index(): IndexInfo;
  /** Shows messages to somebody as they come. */
  readonly watch: Tails["watch"];
  table(query: TableQuery): Promise<Page<RetainedInfo>>;
  /** The devices that are announced to Home Assistant. */
  discovery(): Promise<readonly DiscoveryInfo[]>;
  /** Those of them that a client has announced. */
  announcedBy(clientId: string): Promise<readonly DiscoveryInfo[]>;
  /** Retained messages that announce a device that probably nobody uses, as of some minutes ago. */
  unused(): number;
  readonly trash: Trash;
  readonly deletions: Deletions;
  readonly jobs: Jobs;
  /** Takes over limits that have changed. */
  update(): void;
  stop(): Promise<void>;
}

/** How long a count of what is unused stands: it takes a look at every announcement. */
const UNUSED_MS = 60_000;

/** Begins to keep what is published. */
export function createTopics(deps: TopicsDeps): Topics {
  const { limits, retained, subscribersOf, observe, isConnected, trashFile, now } = deps;
  const index = createTopicIndex(limits, now);
  const indexedSinceMs = now();
  const isIndexed = (): boolean => limits().maxTopics > 0;
  const observerNow = (): MessageObserver | null => {
    if (!tails.isWatched) return isIndexed() ? { wantsEach: false, seen: index.seen } : null;
    if (!isIndexed()) return { wantsEach: true, seen: tails.seen };
    return {
      wantsEach: true,
      seen(...message) {
        index.seen(...message);
        tails.seen(...message);
      },
    };
  };
  let isStopped = false;
  const update = (): void => {
    // who looked at messages leaves after that
    if (isStopped) return;
    index.trim();
    observe(observerNow());
  };
  const tails = createTails(now, update);
  const trash = createTrash(() => (trashFile === null ? Promise.resolve(memoryShelf()) : fileShelf(trashFile)), now);
  const jobs = createJobs();
  let unused = 0;
  let unusedAtMs = -Infinity;
  const announcements = { retained, index, isIndexed, indexedSinceMs, isConnected, now };
  const discovery = async (): Promise<readonly DiscoveryInfo[]> => {
    unusedAtMs = now();
    const devices = await discoveredDevices(announcements);
    unused = devices.reduce((sum, { probablyUnused, topics }) => sum + (probablyUnused ? topics.length : 0), 0);
    return devices;
  };
  update();

  return {
    level: (parent) => topicLevel({ index, retained }, parent),
    info: (topic) => topicInfo({ index, retained, subscribersOf }, topic),
    search: (search) => searchTopics({ index, retained }, search),
    publishedBy: (clientId) => publishedBy(index, clientId),
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
    watch: tails.watch,
    table: (query) => retainedTable({ retained, index }, query),
    discovery,
    announcedBy: (clientId) => discoveredDevices(announcements, clientId),
    unused() {
      if (now() - unusedAtMs > UNUSED_MS) void discovery();
      return unused;
    },
    trash,
    deletions: createDeletions({ retained, trash, jobs, now }),
    jobs,
    update,
    async stop() {
      isStopped = true;
      observe(null);
      await jobs.stop();
      await trash.close();
    },
  };
}
