import type { JobInfo } from "../../core/api/topics.ts";
import { ApiError } from "./api-error.ts";
import { read, write, type Route } from "./route.ts";

export interface JobRoutesDeps {
  /** The newest first. */
  readonly all: () => readonly JobInfo[];
  readonly get: (id: string) => JobInfo | null;
  /** False: it does not run. */
  readonly cancel: (id: string) => boolean;
}

/** What takes longer than an answer. */
export function jobRoutes({ all, get, cancel }: JobRoutesDeps): readonly Route[] {
  return [
    read("/jobs", { summary: "What runs and what ended, the newest first", answer: "JobInfo[]" }, () => all()),
    read("/jobs/{id}", { summary: "How far a job is", answer: "JobInfo" }, ({ param }) => {
      const job = get(param("id"));
      if (job !== null) return job;
      throw new ApiError("not_found", "There is no such job any more.", "See api/v1/jobs.");
    }),
    write(
      "POST",
      "/jobs/{id}/cancel",
      { summary: "Ends a job; what it has done stays done", takes: null, answer: null },
      ({ param }) => {
        const job = get(param("id"));
        if (cancel(param("id"))) return { did: `cancelled: ${job?.what ?? ""}` };
        throw new ApiError("not_found", "There is no such job that runs.", "See api/v1/jobs.");
      },
    ),
  ];
}
