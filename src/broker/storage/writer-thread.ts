import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../core/errors.ts";
import type { Batch, WriterReply, WriterRequest } from "./batch.ts";
import { applyBatch, inTransaction, openDatabase, type Statements } from "./database.ts";

// Runs in a thread of its own: SQLite's calls wait for the disk, and an SD card takes its time.

interface WriterData {
  readonly path: string;
  /** Whether a commit waits until the disk has it: survives a power cut, not only the end of the process. */
  readonly isSynchronous: boolean;
}

function run(port: MessagePort, { path, isSynchronous }: WriterData): void {
  let open: Statements | null = null;
  port.on("message", (request: WriterRequest) => {
    const reply = (error: string | null): void => {
      const answer: WriterReply = { number: request.number, error };
      port.postMessage(answer);
    };
    try {
      // opened at the first use, and again after a failure: a full disk or a folder may be right again by then
      open ??= openDatabase(path, { isSynchronous, isExclusive: false });
      if (request.kind === "write") write(open, request.batch);
      else open.database.close();
      reply(null);
    } catch (error) {
      open = closeQuietly(open);
      reply(messageOf(error));
    }
    if (request.kind === "close") port.close();
  });
}

function write(open: Statements, batch: Batch): void {
  inTransaction(open.database, () => applyBatch(open, batch));
}

function closeQuietly(open: Statements | null): null {
  try {
    open?.database.close();
  } catch {
    // it is given up anyway
  }
  return null;
}

const data: WriterData = workerData;
// outside of a thread it is only compiled
if (parentPort !== null) run(parentPort, data);
