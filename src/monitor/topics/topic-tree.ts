import type { TopicLevel } from "../../core/api/topics.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { createPauses } from "../pauses.ts";
import { previewOf, ROW } from "./preview.ts";
import type { TopicEntry } from "./topic-entry.ts";
import type { TopicIndex } from "./topic-index.ts";

interface TreeDeps {
  readonly index: Pick<TopicIndex, "entries" | "get">;
  readonly retained: Pick<RetainedMessages, "walk" | "content" | "facts">;
}

/** Children of one level that are listed. */
const MAX_CHILDREN = 500;

/** One level of all topics that were published to or are retained; `parent` null: the first. */
export async function topicLevel({ index, retained }: TreeDeps, parent: string | null): Promise<TopicLevel> {
  const prefix = parent === null ? "" : `${parent}/`;
  /** By name: topics at it and below it. */
  const counts = new Map<string, number>();
  await eachTopic({ index, retained }, prefix, (topic) => {
    const slash = topic.indexOf("/", prefix.length);
    const name = topic.slice(prefix.length, slash === -1 ? undefined : slash);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  const names = await firstOf(counts.keys());
  const children = names.map((name) => {
    const topic = prefix + name;
    const entry = index.get(topic);
    const facts = retained.facts(topic);
    const isTopic = entry !== null || facts !== null;
    return {
      name,
      topic,
      below: (counts.get(name) ?? 0) - (isTopic ? 1 : 0),
      ...(isTopic ? { preview: previewAt({ index, retained }, topic, ROW) } : {}),
      retained: facts !== null,
    };
  });
  return { parent: parent ?? "", children, more: counts.size - children.length };
}

/** The first names in the order that people expect. There may be a million: they are sorted a few at a time. */
async function firstOf(names: Iterable<string>): Promise<readonly string[]> {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const pauses = createPauses();
  let first: string[] = [];
  /** The last of them that can still be listed; null: there are too few for one. */
  let last: string | null = null;
  for (const name of names) {
    if (pauses.isDue()) await pauses.rest();
    if (last !== null && compare(name, last) > 0) continue;
    first.push(name);
    if (first.length < 2 * MAX_CHILDREN) continue;
    first = first.toSorted(compare).slice(0, MAX_CHILDREN);
    last = first.at(-1) ?? null;
  }
  return first.toSorted(compare).slice(0, MAX_CHILDREN);
}

/** Names every topic that begins with `prefix`, once each: "" or with a slash at its end. */
export async function eachTopic(
  { index, retained }: TreeDeps,
  prefix: string,
  use: (topic: string, entry: TopicEntry | null) => void,
): Promise<void> {
  const pauses = createPauses();
  for (const entry of index.entries()) {
    if (entry.topic.startsWith(prefix)) use(entry.topic, entry);
    if (pauses.isDue()) await pauses.rest();
  }
  // "#" does not match what begins with "$", and those of the broker itself are there only
  for (const filter of prefix === "" ? ["#", "$SYS/#"] : [`${prefix}#`]) {
    for (const facts of retained.walk(filter)) {
      // "a/#" matches "a" too
      if (facts !== null && facts.topic.startsWith(prefix) && index.get(facts.topic) === null) use(facts.topic, null);
      if (pauses.isDue()) await pauses.rest();
    }
  }
}

/** The last value of a topic: what was published, and else what is retained. */
export function previewAt({ index, retained }: TreeDeps, topic: string, most: number): TopicPreview {
  const entry = index.get(topic);
  const isRetained = entry === null || (entry.retainedAtMs === entry.atMs && retained.facts(topic) !== null);
  // what is retained is there as a whole
  if (entry !== null && (entry.bytes <= entry.value.length || !isRetained)) {
    return previewOf(entry.value.subarray(0, entry.bytes), entry.bytes, most);
  }
  const payload = retained.content(topic)?.payload ?? Buffer.alloc(0);
  return previewOf(payload, payload.length, most);
}

type TopicPreview = ReturnType<typeof previewOf>;
