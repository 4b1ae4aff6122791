import { createWriteStream, type WriteStream } from "node:fs";
import type { LogEntry, LogSink } from "../core/logger.ts";

/** A file of the log, open until it is closed. */
export interface LogFile {
  readonly sink: LogSink;
  /** Opens the path anew: a program that rotates logs renames the file and expects the next lines in a new one. */
  reopen(): void;
  close(): void;
}

/** Opens a log file; `failed` is called once for each time that it was opened and cannot be written. */
export function createLogFile(
  path: string,
  render: (entry: LogEntry) => string,
  failed: (error: Error) => void,
): LogFile {
  let stream = open();

  function open(): WriteStream {
    const opened = createWriteStream(path, { flags: "a", mode: 0o640 });
    opened.once("error", (error) => {
      // what was written before a reopening may fail after it
      if (opened === stream) failed(error);
    });
    return opened;
  }

  return {
    sink: (entry) => void (stream.destroyed || stream.write(render(entry))),
    reopen() {
      const earlier = stream;
      stream = open();
      if (earlier.destroyed) return;
      // the earlier lines are on disk before the first new one
      const next = stream;
      next.cork();
      earlier.once("close", () => next.uncork());
      earlier.end();
    },
    close: () => void stream.end(),
  };
}
