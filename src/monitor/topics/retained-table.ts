import type { Page } from "../../core/api/common.ts";
import type { RetainedInfo } from "../../core/api/topics.ts";
import type { RetainedFacts, RetainedMessages } from "../../core/retained.ts";
import { createPauses } from "../pauses.ts";
import { previewOf, ROW } from "./preview.ts";
import type { TopicIndex } from "./topic-index.ts";
import { timeOf } from "./topic-info.ts";

/** Which part of the table is wanted. */
export interface TableQuery {
  /** In the topic or the name of the publisher, in small letters. */
  readonly words: string;
  readonly sort: "topic" | "bytes" | "at" | "publisher";
  readonly isDescending: boolean;
  readonly start: number;
  readonly limit: number;
}

interface TableDeps {
  readonly retained: RetainedMessages;
  readonly index: Pick<TopicIndex, "get">;
}

/** The retained messages of clients as a table, a page at a time. */
export async function retainedTable({ retained, index }: TableDeps, query: TableQuery): Promise<Page<RetainedInfo>> {
  const { words, start, limit } = query;
  const end = start + limit;
  const compare = comparison(query);
  const pauses = createPauses();
  let first: RetainedFacts[] = [];
  let total = 0;
  // not what begins with "$": the broker says it itself, and nobody deletes it
  for (const facts of retained.walk("#")) {
    if (pauses.isDue()) await pauses.rest();
    if (facts === null || !isMeant(facts, words)) continue;
    total++;
    first.push(facts);
    // what cannot be on this page any more need not be sorted
    if (first.length >= 2 * end + 1000) first = first.toSorted(compare).slice(0, end);
  }
  const items = first.toSorted(compare).slice(start, end);
  return {
    items: items.map((facts) => rowOf({ retained, index }, facts)),
    total,
    next: end < total ? String(end) : null,
  };
}

function isMeant({ topic, publisher }: RetainedFacts, words: string): boolean {
  return words === "" || topic.toLowerCase().includes(words) || (publisher ?? "").toLowerCase().includes(words);
}

type Compare = (a: RetainedFacts, b: RetainedFacts) => number;

/** Messages are numbered in the order in which they came. */
function comparison({ sort, isDescending }: TableQuery): Compare {
  const sign = isDescending ? -1 : 1;
  switch (sort) {
    case "topic":
      return (a, b) => sign * byText(a.topic, b.topic);
    case "publisher":
      return (a, b) => sign * (byText(a.publisher ?? "", b.publisher ?? "") || byText(a.topic, b.topic));
    case "bytes":
      return (a, b) => sign * (a.bytes - b.bytes || byText(a.topic, b.topic));
    case "at":
      return (a, b) => sign * (a.revision - b.revision);
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowOf({ retained, index }: TableDeps, { topic, qos, bytes, publisher }: RetainedFacts): RetainedInfo {
  const payload = retained.content(topic)?.payload ?? Buffer.alloc(0);
  const atMs = index.get(topic)?.retainedAtMs ?? 0;
  return {
    topic,
    qos,
    bytes,
    ...(atMs === 0 ? {} : { at: timeOf(atMs) }),
    publisher,
    preview: previewOf(payload, payload.length, ROW),
  };
}
