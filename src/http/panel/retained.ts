import type { Page } from "../../core/api/common.ts";
import type { DeletePlan, JobInfo, RetainedInfo } from "../../core/api/topics.ts";
import { filterFault } from "../../core/topic.ts";
import { ApiError } from "./api-error.ts";
import { partOf } from "./page.ts";
import { read, write, type PanelRequest, type Route } from "./route.ts";

export interface RetainedRoutesDeps {
  readonly table: (query: {
    readonly words: string;
    readonly sort: "topic" | "bytes" | "at" | "publisher";
    readonly isDescending: boolean;
    readonly start: number;
    readonly limit: number;
  }) => Promise<Page<RetainedInfo>>;
  /** A text says why not. */
  readonly plan: (
    wanted: { readonly filter: string } | { readonly topics: readonly string[] },
  ) => Promise<DeletePlan | string>;
  /** null: there is no such plan. */
  readonly run: (token: string, by: string) => JobInfo | null;
}

const SORTS = ["topic", "bytes", "at", "publisher"] as const;
/** The names of 50,000 topics. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The retained messages, and how they are deleted. */
export function retainedRoutes({ table, plan, run }: RetainedRoutesDeps): readonly Route[] {
  return [
    read("/retained", { summary: "The retained messages", answer: "Page<RetainedInfo>" }, ({ query }) =>
      table(partOf(query, SORTS)),
    ),
    write(
      "POST",
      "/retained/delete",
      {
        summary: "With `filter` or `topics`: what would be deleted, and a token. With `token`: deletes it",
        takes: "RetainedDelete",
        answer: "DeletePlan | JobInfo",
        maxBytes: MAX_BODY_BYTES,
      },
      async ({ body, by }) => {
        if (body["token"] !== undefined) return runPlan(run, body, by);
        const planned = await plan(wantedOf(body));
        if (typeof planned === "string") throw new ApiError("too_large", planned, "Choose fewer.");
        return { body: planned, did: null };
      },
    ),
  ];
}

/** Carries out what a token stands for. */
export function runPlan(run: RetainedRoutesDeps["run"], body: PanelRequest["body"], by: string) {
  const { token } = body;
  const job = typeof token === "string" ? run(token, by) : null;
  if (job !== null) return { body: job, did: `began to ${job.what}` };
  throw new ApiError("conflict", "What this token stood for was done, or shown too long ago.", "Look at it again.", {
    field: "token",
  });
}

function wantedOf({ filter, topics }: PanelRequest["body"]): { filter: string } | { topics: readonly string[] } {
  if (typeof filter === "string") {
    const fault = filterFault(filter);
    if (fault === null) return { filter };
    throw new ApiError(
      "invalid",
      `"${filter}" is no topic filter: ${fault}.`,
      "Write one like home/+/state or home/#.",
      {
        field: "filter",
      },
    );
  }
  return { topics: textsOf(topics, "topics") };
}

/** A list of texts in a body. @throws ApiError when it is none. */
export function textsOf(value: unknown, field: string): readonly string[] {
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  if (Array.isArray(value) && texts.length === value.length && texts.length > 0) return texts;
  throw new ApiError("invalid", `${field} is no list of texts.`, "Name one at least.", { field });
}
