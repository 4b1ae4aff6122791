import type { ProblemInfo } from "../../core/api/problems.ts";
import { ApiError } from "./api-error.ts";
import { pageOf } from "./page.ts";
import { read, type Route, write } from "./route.ts";

export interface ProblemRoutesDeps {
  readonly problems: {
    list(): readonly ProblemInfo[];
    mute(id: string, untilMs: number): boolean;
    unmute(id: string): boolean;
  };
  readonly now: () => number;
}

const USUAL_DAYS = 7;
const MAX_DAYS = 365;
const DAY_MS = 86_400_000;

/** What does not work, and why. */
export function problemRoutes({ problems, now }: ProblemRoutesDeps): readonly Route[] {
  return [
    read(
      "/problems",
      { summary: "What does not work, for whom and why, the worst first", answer: "Page<ProblemInfo>" },
      ({ query }) => pageOf(problems.list(), query, { texts: textsOf, sorts: WORST_FIRST }),
    ),
    write(
      "POST",
      "/problems/{id}/mute",
      { summary: "Hides a problem for {days}, 7 unless told", takes: null, answer: null },
      ({ param, body }) => {
        const { days = USUAL_DAYS } = body;
        if (typeof days !== "number" || !(days > 0 && days <= MAX_DAYS)) {
          throw new ApiError("invalid", "days: that is no number of days.", `Use a number up to ${MAX_DAYS}.`, {
            field: "days",
          });
        }
        const id = param("id");
        const subject = subjectOf(problems.list(), id);
        if (!problems.mute(id, now() + days * DAY_MS)) throw unknown();
        return { did: `muted the problem of ${subject} for ${days} days` };
      },
    ),
    write(
      "DELETE",
      "/problems/{id}/mute",
      { summary: "Shows a problem again", takes: null, answer: null },
      ({ param }) => {
        const subject = subjectOf(problems.list(), param("id"));
        if (!problems.unmute(param("id"))) throw unknown();
        return { did: `shows the problem of ${subject} again` };
      },
    ),
  ];
}

/** Sorted as it comes. */
const WORST_FIRST = { worst: () => 0 };

function textsOf({ kind, subject, user, ips, reason }: ProblemInfo): readonly string[] {
  return [kind, subject, user ?? "", ...ips, reason.sentence];
}

function subjectOf(all: readonly ProblemInfo[], id: string): string {
  const found = all.find((problem) => problem.id === id);
  if (found === undefined) throw unknown();
  return found.subject;
}

function unknown(): ApiError {
  return new ApiError("not_found", "There is no such problem.", "It may have been solved by now.");
}
