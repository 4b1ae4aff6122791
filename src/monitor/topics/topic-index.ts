import type { ClientInfo } from "../../core/events.ts";
import type { Qos } from "../../core/types.ts";
import { createTopicEntry, sizeOfEntry, type TopicEntry, writeMessage } from "./topic-entry.ts";

/** How much the index may hold. */
export interface IndexLimits {
  readonly maxTopics: number;
  readonly maxBytes: number;
}

/** What was published last to each topic, and by whom. Above its limits it forgets what was silent for longest. */
export interface TopicIndex {
  /** Enters the last of `count` messages. */
  readonly seen: (
    topic: string,
    client: ClientInfo,
    source: Buffer,
    start: number,
    end: number,
    qos: Qos,
    retain: boolean,
    count: number,
  ) => void;
  get(topic: string): TopicEntry | null;
  /** Every topic, in the order in which they came. */
  entries(): Iterable<TopicEntry>;
  readonly topics: number;
  readonly bytes: number;
  /** Topics that were forgotten. */
  readonly forgotten: number;
  /** When the last of them was published to; 0: none was forgotten. */
  readonly forgottenUntilMs: number;
  /** Forgets what is above the limits, which have changed. */
  trim(): void;
}

/** Makes an empty index. */
export function createTopicIndex(limits: () => IndexLimits, now: () => number): TopicIndex {
  const entries = new Map<string, TopicEntry>();
  let newest: TopicEntry | null = null;
  let oldest: TopicEntry | null = null;
  let bytes = 0;
  let forgotten = 0;
  let forgottenUntilMs = 0;

  const unlink = (entry: TopicEntry): void => {
    if (entry.newer === null) newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === null) oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.newer = null;
    entry.older = null;
  };
  const putFirst = (entry: TopicEntry): void => {
    entry.older = newest;
    if (newest !== null) newest.newer = entry;
    newest = entry;
    oldest ??= entry;
  };
  const trim = (): void => {
    const { maxTopics, maxBytes } = limits();
    for (let entry = oldest; entry !== null; entry = oldest) {
      if (entries.size <= maxTopics && bytes <= maxBytes) return;
      unlink(entry);
      entries.delete(entry.topic);
      bytes -= sizeOfEntry(entry);
      forgotten++;
      if (entry.atMs > forgottenUntilMs) forgottenUntilMs = entry.atMs;
    }
  };

  return {
    seen(topic, client, source, start, end, qos, retain, count) {
      let entry = entries.get(topic);
      const before = entry === undefined ? 0 : sizeOfEntry(entry);
      const isNew = entry === undefined;
      if (entry === undefined) {
        entry = createTopicEntry(topic, client);
        entries.set(topic, entry);
        putFirst(entry);
      } else if (entry !== newest) {
        unlink(entry);
        putFirst(entry);
      }
      const nowMs = now();
      const hasGrown = writeMessage(entry, client, source, start, end, nowMs, count);
      entry.qos = qos;
      if (retain) entry.retainedAtMs = nowMs;
      if (!hasGrown && !isNew) return;
      bytes += sizeOfEntry(entry) - before;
      trim();
    },
    get: (topic) => entries.get(topic) ?? null,
    entries: () => entries.values(),
    get topics() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    get forgotten() {
      return forgotten;
    },
    get forgottenUntilMs() {
      return forgottenUntilMs;
    },
    trim,
  };
}
