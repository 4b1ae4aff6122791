import { constants, createWriteStream, fstatSync, openSync } from "node:fs";
import { strftime } from "../../core/strftime.ts";

export interface TraceFile {
  /** Adds a line with the time before it. Never waits: what the disk does not take in time is left out, and counted. */
  write(line: string): void;
  readonly bytes: () => number;
  close(): Promise<void>;
}

/** Of lines that wait for the disk. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Opens a file that only its owner may read, behind what it holds. `full` is called once when it has `maxBytes`.
 * @throws Error with the system's code when it cannot be opened, or when it is no file.
 */
export function openTraceFile(path: string, maxBytes: number, now: () => number, full: () => void): TraceFile {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const stream = createWriteStream(path, { fd });
  let bytes = fstatSync(fd).size;
  let leftOut = 0;
  let isOpen = true;
  // a full disk ends the trace, not the broker
  stream.on("error", () => end());

  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    full();
  };
  const put = (text: string): void => {
    const line = `${strftime("%Y-%m-%d %H:%M:%S", now())} [debug] ${text}\n`;
    bytes += Buffer.byteLength(line);
    stream.write(line);
  };

  return {
    write(line) {
      if (!isOpen) return;
      if (stream.writableLength > MAX_WAITING_BYTES) {
        leftOut++;
        return;
      }
      if (leftOut > 0) put(`${leftOut} lines were left out: the disk was too slow for them`);
      leftOut = 0;
      put(line);
      if (bytes < maxBytes) return;
      put("the file has reached its size, and this trace ends");
      end();
    },
    bytes: () => bytes,
    close() {
      isOpen = false;
      // a disk that is full has closed it already, and says so once
      if (stream.closed) return Promise.resolve();
      return new Promise((resolve) => {
        stream.once("close", resolve);
        stream.end();
      });
    },
  };
}
