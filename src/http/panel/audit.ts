import { appendFile, readFile, rename, stat } from "node:fs/promises";
import type { AuditRecord } from "../../core/api/common.ts";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { isRawObject } from "../../core/raw-object.ts";

/** The record of what was done through the API. */
export interface Audit {
  record(by: string, what: string): void;
  /** The newest first. */
  recent(): readonly AuditRecord[];
  /** Ends when everything is on the disk. */
  close(): Promise<void>;
}

const KEPT = 500;
/** Above it the file is put aside, and the one before it is gone. */
const MAX_FILE_BYTES = 512 * 1024;

/**
 * Makes the record, with what its file holds of earlier runs. Each line of the file is one `AuditRecord`; null: there
 * is no file, and a restart forgets it.
 */
export async function openAudit(path: string | null, log: Logger, now: () => number): Promise<Audit> {
  const records = path === null ? [] : await readRecords(path);
  let writing = Promise.resolve();
  let isFailing = false;

  const store = async (line: string): Promise<void> => {
    if (path === null) return;
    try {
      if ((await sizeOf(path)) > MAX_FILE_BYTES) await rename(path, `${path}.1`);
      await appendFile(path, line, { mode: 0o600 });
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error({}, notKept(path, error));
      isFailing = true;
    }
  };

  return {
    record(by, what) {
      const entry: AuditRecord = { at: new Date(now()).toISOString(), by, what };
      records.push(entry);
      if (records.length > KEPT) records.shift();
      log.notice({ by, what }, `Panel: ${by} ${what}.`);
      writing = writing.then(() => store(`${JSON.stringify(entry)}\n`));
    },
    recent: () => records.toReversed(),
    close: () => writing,
  };
}

async function readRecords(path: string): Promise<AuditRecord[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap(recordIn).slice(-KEPT);
}

/** A line that a power cut left half of is none. */
function recordIn(line: string): AuditRecord[] {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRawObject(value)) return [];
    const { at, by, what } = value;
    return typeof at === "string" && typeof by === "string" && typeof what === "string" ? [{ at, by, what }] : [];
  } catch {
    return [];
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

function notKept(path: string, error: unknown): string {
  const why = codeOf(error) ?? messageOf(error);
  return `What is done in the panel cannot be written to ${path} (${why}). It is kept in memory and in this log only. Make the folder writable.`;
}
