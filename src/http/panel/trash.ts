import type { JobInfo, TrashInfo } from "../../core/api/topics.ts";
import { holding, pageOf } from "./page.ts";
import { textsOf } from "./retained.ts";
import { type PanelRequest, read, write, type Route } from "./route.ts";

export interface TrashRoutesDeps {
  /** The newest first. */
  readonly trash: () => Promise<readonly TrashInfo[]>;
  readonly restore: (ids: readonly string[]) => JobInfo;
  /** For good. */
  readonly forget: (ids: readonly string[]) => Promise<void>;
}

const TERMS = {
  texts: ({ topic, deletedBy }: TrashInfo) => [topic, deletedBy],
  sorts: {
    newest: ({ deletedAt }: TrashInfo) => -Date.parse(deletedAt),
    topic: ({ topic }: TrashInfo) => topic,
    bytes: ({ bytes }: TrashInfo) => bytes,
  },
};
/** The ids of all that it can hold. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** What was deleted and can come back. */
export function trashRoutes({ trash, restore, forget }: TrashRoutesDeps): readonly Route[] {
  const idsIn = async ({ q, ids }: PanelRequest["body"]): Promise<readonly string[]> => {
    if (typeof q !== "string") return textsOf(ids, "ids");
    return holding(await trash(), q.toLowerCase(), TERMS.texts).map(({ id }) => id);
  };
  return [
    read(
      "/trash",
      { summary: "Retained messages that were deleted here, for 30 days", answer: "Page<TrashInfo>" },
      async ({ query }) => pageOf(await trash(), query, TERMS),
    ),
    write(
      "POST",
      "/trash/restore",
      {
        summary: "Publishes them again as they were",
        takes: "TrashChoice",
        answer: "JobInfo",
        maxBytes: MAX_BODY_BYTES,
      },
      async ({ body }) => {
        const job = restore(await idsIn(body));
        return { body: job, did: `began to ${job.what}` };
      },
    ),
    write(
      "POST",
      "/trash/delete",
      { summary: "Deletes them for good", takes: "TrashChoice", answer: null, maxBytes: MAX_BODY_BYTES },
      async ({ body }) => {
        const ids = await idsIn(body);
        await forget(ids);
        return { did: `deleted ${ids.length} of the trash for good` };
      },
    ),
  ];
}
