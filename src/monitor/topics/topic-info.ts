import type { TopicInfo } from "../../core/api/topics.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { recordedNumbers } from "./numbers.ts";
import { DETAIL } from "./preview.ts";
import type { TopicIndex } from "./topic-index.ts";
import { previewAt } from "./topic-tree.ts";

interface TopicInfoDeps {
  readonly index: TopicIndex;
  readonly retained: RetainedMessages;
  readonly subscribersOf: (topic: string) => number;
}

/** What is known of one topic; null: nothing. */
export function topicInfo({ index, retained, subscribersOf }: TopicInfoDeps, topic: string): TopicInfo | null {
  const entry = index.get(topic);
  const facts = retained.facts(topic);
  if (entry === null && facts === null) return null;
  return {
    topic,
    retained: facts !== null,
    qos: entry?.qos ?? facts?.qos ?? 0,
    bytes: entry?.bytes ?? facts?.bytes ?? 0,
    ...(entry === null ? {} : { at: timeOf(entry.atMs) }),
    ...(facts === null || facts.expiresAtMs === null ? {} : { expiresAt: timeOf(facts.expiresAtMs) }),
    preview: previewAt({ index, retained }, topic, DETAIL),
    publishers: (entry?.publishers ?? [])
      // several may have published within a millisecond
      .toSorted((a, b) => b.atMs - a.atMs || Number(b === entry?.last) - Number(a === entry?.last))
      .map(({ client, atMs, count }) => ({
        client: client.clientId,
        user: client.username,
        ip: client.address,
        at: timeOf(atMs),
        count,
      })),
    subscribers: subscribersOf(topic),
    numbers:
      entry === null || entry.numbers === null
        ? []
        : recordedNumbers(entry.numbers).map(({ atMs, value }) => ({ at: timeOf(atMs), value })),
  };
}

/** ISO 8601 in UTC. */
export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
