import type { LogLine } from "../../core/api/system.ts";
import { ApiError } from "./api-error.ts";
import { pageOf } from "./page.ts";
import { read, type Route } from "./route.ts";

export interface LogRoutesDeps {
  /** The newest first. */
  readonly lines: () => readonly LogLine[];
}

/** The worst first: a level stands for all before it too. */
const LEVELS: readonly LogLine["level"][] = ["error", "warning", "notice", "info", "debug"];

/** The last lines of the log, with what repeats counted. */
export function logRoutes({ lines }: LogRoutesDeps): readonly Route[] {
  const about = { summary: "The last lines of the log (?level= and all worse, ?since=)", answer: "Page<LogLine>" };
  return [
    read("/log", about, ({ query }) => {
      const levels = levelsOf(query.get("level") ?? "debug");
      const since = query.get("since") ?? "";
      const found = lines().filter(({ level, at }) => levels.includes(level) && at >= since);
      return pageOf(found, query, { texts: ({ text }) => [text], sorts: { newest: () => 0 } });
    }),
  ];
}

function levelsOf(name: string): readonly LogLine["level"][] {
  const at = LEVELS.findIndex((level) => level === name);
  if (at !== -1) return LEVELS.slice(0, at + 1);
  const fix = `Use one of ${LEVELS.join(", ")}.`;
  throw new ApiError("invalid", `The log has no level "${name}".`, fix, { field: "level" });
}
