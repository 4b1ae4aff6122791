import { setImmediate } from "node:timers/promises";
import type { DeletePlan, JobInfo } from "../../core/api/topics.ts";
import type { RetainedFacts, RetainedMessages } from "../../core/retained.ts";
import { createPlans } from "../../core/plans.ts";
import { counted } from "../../core/words.ts";
import type { Jobs, Progress } from "./jobs.ts";
import { createPauses } from "../pauses.ts";
import { type Discarded, type Trash, TRASH_BYTES, TRASH_MESSAGES } from "./trash.ts";

/** Which retained messages are to go. */
export type Wanted = { readonly filter: string } | { readonly topics: readonly string[] };

interface DeletionsDeps {
  readonly retained: RetainedMessages;
  readonly trash: Trash;
  readonly jobs: Jobs;
  readonly now: () => number;
}

/** Deletes retained messages in two steps: first what would go is shown, then a token makes it go. */
export interface Deletions {
  /** A text says why not, as a sentence. */
  plan(wanted: Wanted): Promise<DeletePlan | string>;
  /** null: the token is not known, or was used, or is too old. */
  run(token: string, by: string): JobInfo | null;
  /** Brings back what was deleted. */
  restore(ids: readonly string[]): JobInfo;
}

/** Names that a plan shows. */
const SAMPLE = 20;
/** Messages that are put into the trash, then deleted, at one go. */
const CHUNK = 100;

/** Nothing is planned yet. */
export function createDeletions({ retained, trash, jobs, now }: DeletionsDeps): Deletions {
  const plans = createPlans<readonly string[]>(now);

  const collect = async (wanted: Wanted): Promise<readonly RetainedFacts[]> => {
    if ("topics" in wanted) {
      return [...new Set(wanted.topics)].flatMap((topic) => retained.facts(topic) ?? []).filter(isOfClients);
    }
    const found: RetainedFacts[] = [];
    const pauses = createPauses();
    for (const facts of retained.walk(wanted.filter)) {
      if (facts !== null && isOfClients(facts)) found.push(facts);
      if (pauses.isDue()) await pauses.rest();
    }
    return found;
  };

  /** Messages that changed since they were read stay: somebody uses them. Gives how many. */
  const discard = async (topics: readonly string[], by: string): Promise<number> => {
    const found = topics.flatMap((topic) => {
      const [facts, content] = [retained.facts(topic), retained.content(topic)];
      return facts === null || content === null ? [] : [{ ...facts, ...content }];
    });
    const ids = await trash.put(
      found.map(({ topic, qos, expiresAtMs, payload, properties }): Discarded => ({
        topic,
        qos,
        payload,
        properties,
        expiresAtMs,
        deletedAtMs: now(),
        deletedBy: by,
      })),
    );
    const left = ids.filter((_, index) => {
      const message = found[index];
      return message !== undefined && !retained.remove(message.topic, message.revision);
    });
    await trash.forget(left);
    return left.length;
  };

  const restoreOne = async (id: string): Promise<"restored" | "newer" | "no room" | "gone"> => {
    const message = await trash.get(id);
    if (message === null) return "gone";
    if (message.expiresAtMs !== null && message.expiresAtMs <= now()) return "gone";
    if (retained.facts(message.topic) !== null) return "newer";
    if (!retained.put(message)) return "no room";
    return "restored";
  };

  return {
    async plan(wanted) {
      const found = await collect(wanted);
      // a line of the trash has the payload as base64, and names around it
      const bytes = found.reduce((sum, { bytes: own, topic }) => sum + own * 1.4 + topic.length + 300, 0);
      if (found.length > TRASH_MESSAGES || bytes > TRASH_BYTES) {
        const most = `${TRASH_MESSAGES} messages of together ${TRASH_BYTES / 1024 / 1024} MB`;
        return `${counted(found.length, "message")} would be deleted, and the trash holds ${most}.`;
      }
      const topics = found.map(({ topic }) => topic);
      return { count: topics.length, sample: topics.slice(0, SAMPLE), token: plans.add(topics) };
    },
    run(token, by) {
      const topics = plans.take(token);
      if (topics === null) return null;
      const what = `delete ${counted(topics.length, "retained message")}`;
      return jobs.start(what, topics.length, async (progress) => {
        let left = 0;
        for (const chunk of chunksOf(topics, progress)) {
          left += await discard(chunk, by);
          progress.advance(chunk.length);
          await setImmediate();
        }
        return left === 0 ? null : `${counted(left, "message")} stayed, because they were published again meanwhile.`;
      });
    },
    restore: (ids) =>
      jobs.start(`restore ${counted(ids.length, "retained message")}`, ids.length, async (progress) => {
        const left = { newer: 0, "no room": 0, gone: 0 };
        for (const chunk of chunksOf(ids, progress)) {
          const restored: string[] = [];
          for (const id of chunk) {
            const outcome = await restoreOne(id);
            if (outcome === "restored") restored.push(id);
            else left[outcome]++;
          }
          await trash.forget(restored);
          progress.advance(chunk.length);
          await setImmediate();
        }
        const faults = [
          ...(left.newer > 0 ? [`${counted(left.newer, "topic")} with a newer message: it stays.`] : []),
          ...(left["no room"] > 0
            ? [
                `For ${counted(left["no room"], "message")} there is no room (max_retained_messages, max_retained_bytes).`,
              ]
            : []),
          ...(left.gone > 0 ? [`${counted(left.gone, "message")} not in the trash any more, or expired.`] : []),
        ];
        return faults.length === 0 ? null : faults.join(" ");
      }),
  };
}

/** The broker itself says below $SYS what it says, and says it again. */
function isOfClients({ topic }: RetainedFacts): boolean {
  return !topic.startsWith("$SYS/");
}

function* chunksOf(items: readonly string[], { signal }: Progress): Generator<readonly string[], void> {
  for (let at = 0; at < items.length && !signal.aborted; at += CHUNK) yield items.slice(at, at + CHUNK);
}
