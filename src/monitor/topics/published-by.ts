import type { ClientTopics } from "../../core/api/clients.ts";
import type { Page } from "../../core/api/common.ts";
import { createPauses } from "../pauses.ts";
import type { TopicIndex } from "./topic-index.ts";

/** Topics that are told of; the others are counted. */
const MAX_TOLD = 200;

/** Topics that a client published to and that are still known, the newest first. */
export async function publishedBy(
  index: Pick<TopicIndex, "entries">,
  clientId: string,
): Promise<Page<ClientTopics["publishes"][number]>> {
  const pauses = createPauses();
  const found: { readonly topic: string; readonly atMs: number; readonly count: number }[] = [];
  for (const { topic, publishers } of index.entries()) {
    for (const { client, atMs, count } of publishers)
      if (client.clientId === clientId) found.push({ topic, atMs, count });
    if (pauses.isDue()) await pauses.rest();
  }
  const items = found
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, MAX_TOLD)
    .map(({ topic, atMs, count }) => ({ topic, at: new Date(atMs).toISOString(), count }));
  return { items, total: found.length, next: null };
}
