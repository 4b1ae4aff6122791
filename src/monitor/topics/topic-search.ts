import { createContext, Script } from "node:vm";
import type { TopicFound } from "../../core/api/topics.ts";
import type { Page } from "../../core/api/common.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { filterFault, matches } from "../../core/topic.ts";
import { inCpuTime } from "./in-cpu-time.ts";
import { ROW } from "./preview.ts";
import { KEPT_BYTES } from "./topic-entry.ts";
import type { TopicIndex } from "./topic-index.ts";
import { timeOf } from "./topic-info.ts";
import { eachTopic, previewAt } from "./topic-tree.ts";

/** What to look for. */
export interface TopicSearch {
  readonly words: string;
  /** "filter": as a subscription has it; "text": anywhere, in small or capital letters; "regex": a regular expression. */
  readonly mode: "text" | "filter" | "regex";
  /** Whether the last values are searched instead of the names. */
  readonly inValues: boolean;
}

interface SearchDeps {
  readonly index: TopicIndex;
  readonly retained: RetainedMessages;
}

/** Topics that are told of; the others are counted. */
const MAX_FOUND = 200;
/** Texts that are tested at a time. */
const BATCH = 512;
/** That long a regular expression may keep the processor busy for a batch: some take longer than anyone lives. */
const REGEX_MS = 40;

/** Says which of some texts are meant; null: it takes too long. */
type Tester = (texts: readonly string[]) => readonly boolean[] | null;

/** Looks through all topics; a text says why that cannot be done, as a sentence. */
export async function searchTopics(deps: SearchDeps, search: TopicSearch): Promise<Page<TopicFound> | string> {
  const test = testerOf(search);
  if (typeof test === "string") return test;
  const found: string[] = [];
  let total = 0;
  let topics: string[] = [];
  let isTooSlow = false;
  const look = (): void => {
    const tested = isTooSlow ? null : test(search.inValues ? topics.map((topic) => valueOf(deps, topic)) : topics);
    isTooSlow ||= tested === null;
    for (const [at, topic] of topics.entries()) {
      if (tested?.[at] !== true) continue;
      total++;
      if (found.length < MAX_FOUND) found.push(topic);
    }
    topics = [];
  };
  await eachTopic(deps, "", (topic) => {
    topics.push(topic);
    if (topics.length === BATCH) look();
  });
  look();
  if (isTooSlow) return `"${search.words}" takes too long to compare.`;
  const items = found.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return { items: items.map((topic) => rowOf(deps, topic)), total, next: null };
}

function rowOf({ index, retained }: SearchDeps, topic: string): TopicFound {
  const entry = index.get(topic);
  return {
    topic,
    retained: retained.facts(topic) !== null,
    preview: previewAt({ index, retained }, topic, ROW),
    ...(entry === null ? {} : { at: timeOf(entry.atMs) }),
  };
}

function valueOf({ index, retained }: SearchDeps, topic: string): string {
  const entry = index.get(topic);
  // as much as is kept of what was published
  if (entry === null) return retained.content(topic)?.payload.toString("utf8", 0, KEPT_BYTES) ?? "";
  return Buffer.from(entry.value.subarray(0, entry.bytes)).toString("utf8");
}

function testerOf({ words, mode, inValues }: TopicSearch): Tester | string {
  if (mode === "regex") return regexTester(words);
  if (mode === "filter" && !inValues) {
    const fault = filterFault(words);
    if (fault !== null) return `"${words}" is no topic filter: ${fault}.`;
    return (topics) => topics.map((topic) => matches(words, topic));
  }
  const wanted = words.toLowerCase();
  return (texts) => texts.map((text) => text.toLowerCase().includes(wanted));
}

const TEST = new Script(`{ const wanted = new RegExp(pattern, "i"); texts.map((text) => wanted.test(text)) }`);

/** The expression runs in a context of its own, because only there it can be stopped. */
function regexTester(pattern: string): Tester | string {
  if (!isRegex(pattern)) return `"${pattern}" is no regular expression.`;
  return (texts) =>
    inCpuTime(() => {
      const tested: unknown = TEST.runInContext(createContext({ pattern, texts }), { timeout: REGEX_MS });
      return Array.isArray(tested) ? tested.map((answer) => answer === true) : null;
    }, REGEX_MS);
}

function isRegex(pattern: string): boolean {
  try {
    return new RegExp(pattern, "i") instanceof RegExp;
  } catch {
    return false;
  }
}
