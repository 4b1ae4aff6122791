import { basename, dirname } from "node:path";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Problem } from "../../core/types.ts";
import { ForeignDatabaseError } from "./load.ts";

/** What to tell when the store cannot be opened. */
export function openProblem(path: string, error: unknown): Problem {
  const file = basename(path);
  const code = codeOf(error);
  if (error instanceof ForeignDatabaseError) {
    return {
      severity: "error",
      what: `${file}: this store was not written by this version (${error.message}).`,
      now: "It is left as it is, and sessions and retained messages are kept in memory only.",
      fix: "Install the newer version again, or move the file away to start with an empty one.",
    };
  }
  if (code === "EACCES" || code === "EROFS" || code === "ENOENT") {
    return {
      severity: "error",
      what: `${file}: the folder ${dirname(path)} cannot be written (${code}).`,
      now: "Sessions and retained messages are kept in memory only and end with this run.",
      fix: "Make the folder writable and restart.",
    };
  }
  return {
    severity: "error",
    what: `${file}: the store is damaged or cannot be read (${messageOf(error)}).`,
    now: "It is left as it is, and sessions and retained messages are kept in memory only.",
    fix: "Restore the file from a backup, or move it away to start with an empty one.",
  };
}

/** What to tell when writing begins to fail. */
export function writeProblem(path: string, error: string): Problem {
  return {
    severity: "error",
    what: `${basename(path)}: sessions and retained messages cannot be stored (${error}).`,
    now: "The broker runs on from memory and tries again every 30 seconds; what is stored stays as it is.",
    fix: "Free some space on the disk, or check that it can be written.",
  };
}
