import { readFile } from "node:fs/promises";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { isRawObject } from "../../core/raw-object.ts";
import { writeAtomically } from "../../core/write-atomically.ts";

/** Problems that nobody wants to see for a while, by the ids of their cards. */
export interface Mutes {
  /** null: it is shown. */
  untilOf(id: string, nowMs: number): number | null;
  /** null: it is shown again. */
  set(id: string, untilMs: number | null): void;
  /** Ends when everything is on the disk. */
  close(): Promise<void>;
}

const MAX_MUTES = 1_000;

/**
 * Makes the list, with what its file holds of earlier runs: `{"x1Zk": "2026-05-10T09:00:00.000Z"}`. null: there is no
 * file, and a restart forgets it.
 */
export async function openMutes(path: string | null, log: Logger): Promise<Mutes> {
  const mutes = path === null ? new Map<string, number>() : await mutesIn(path);
  let writing = Promise.resolve();

  const store = async (): Promise<void> => {
    if (path === null) return;
    const moments = [...mutes].map(([id, untilMs]) => [id, new Date(untilMs).toISOString()] as const);
    try {
      await writeAtomically(path, [JSON.stringify(Object.fromEntries(moments))]);
    } catch (error) {
      const why = codeOf(error) ?? messageOf(error);
      log.warn({}, `What is muted in the panel cannot be written to ${path} (${why}). A restart forgets it.`);
    }
  };

  return {
    untilOf(id, nowMs) {
      const untilMs = mutes.get(id) ?? 0;
      return untilMs > nowMs ? untilMs : null;
    },
    set(id, untilMs) {
      mutes.delete(id);
      if (untilMs !== null) mutes.set(id, untilMs);
      const [oldest] = mutes.keys();
      if (mutes.size > MAX_MUTES && oldest !== undefined) mutes.delete(oldest);
      writing = writing.then(store);
    },
    close: () => writing,
  };
}

async function mutesIn(path: string): Promise<Map<string, number>> {
  const text = await readFile(path, "utf8").catch(() => "{}");
  try {
    const value: unknown = JSON.parse(text);
    const entries = isRawObject(value) ? Object.entries(value) : [];
    return new Map(
      entries.flatMap(([id, until]) => {
        const untilMs = typeof until === "string" ? Date.parse(until) : Number.NaN;
        return Number.isNaN(untilMs) ? [] : [[id, untilMs] as const];
      }),
    );
  } catch {
    return new Map();
  }
}
