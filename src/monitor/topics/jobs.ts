import { randomBytes } from "node:crypto";
import type { JobInfo } from "../../core/api/topics.ts";
import { messageOf } from "../../core/errors.ts";

/** What a job uses to tell how far it is. */
export interface Progress {
  /** Asks it to end; what is done stays done. */
  readonly signal: AbortSignal;
  advance(by: number): void;
}

/** Tasks that take longer than an answer may. */
export interface Jobs {
  /** Begins one; `run` gives a sentence about what it could not do, or null. */
  start(what: string, total: number, run: (progress: Progress) => Promise<string | null>): JobInfo;
  /** The newest first. */
  all(): readonly JobInfo[];
  /** null: there is no such job any more. */
  get(id: string): JobInfo | null;
  /** False: there is no such job, or it has ended. */
  cancel(id: string): boolean;
  /** Cancels all, and ends when they have. */
  stop(): Promise<void>;
}

interface Job {
  info: JobInfo;
  readonly controller: AbortController;
  ended: Promise<void>;
}

/** Jobs that have ended and can still be asked about. */
const MAX_ENDED = 20;

/** Nothing runs yet. */
export function createJobs(): Jobs {
  const jobs = new Map<string, Job>();

  const forgetOld = (): void => {
    const ended = [...jobs.values()].filter(({ info }) => info.state !== "running");
    for (const { info } of ended.slice(0, -MAX_ENDED)) jobs.delete(info.id);
  };

  return {
    start(what, total, run) {
      const id = randomBytes(9).toString("base64url");
      const controller = new AbortController();
      const job: Job = {
        info: { id, what, done: 0, total, state: "running" },
        controller,
        ended: Promise.resolve(),
      };
      jobs.set(id, job);
      const progress: Progress = {
        signal: controller.signal,
        advance(by) {
          job.info = { ...job.info, done: job.info.done + by };
        },
      };
      const end = (state: JobInfo["state"], error: string | null): void => {
        job.info = { ...job.info, state, ...(error === null ? {} : { error }) };
        forgetOld();
      };
      job.ended = run(progress).then(
        (left) => end(controller.signal.aborted ? "cancelled" : "finished", left),
        (error: unknown) => end("failed", messageOf(error)),
      );
      return job.info;
    },
    all: () => [...jobs.values()].map(({ info }) => info).toReversed(),
    get: (id) => jobs.get(id)?.info ?? null,
    cancel(id) {
      const job = jobs.get(id);
      if (job === undefined || job.info.state !== "running") return false;
      job.controller.abort();
      return true;
    },
    async stop() {
      for (const { controller } of jobs.values()) controller.abort();
      await Promise.all([...jobs.values()].map(({ ended }) => ended));
    },
  };
}
