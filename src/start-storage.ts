import { existsSync } from "node:fs";
import { basename } from "node:path";
import { restoreBackup } from "./broker/storage/backup.ts";
import { openProblem } from "./broker/storage/problems.ts";
import { openStorage, type Storage } from "./broker/storage/storage.ts";
import { type ImportOutcome, importReport } from "./cli/import-report.ts";
import type { Logger } from "./core/logger.ts";
import type { Problem } from "./core/types.ts";
import type { StoreSettings } from "./settings/types.ts";
import { logProblem } from "./snapshot/reloader.ts";

interface StartedStorage {
  /** null: none is wanted, or it cannot be used, which is among the problems. */
  readonly storage: Storage | null;
  readonly problems: readonly Problem[];
}

/**
 * Opens the file behind the sessions, taken from the backup when only that is there. `importFrom` is a mosquitto.db that
 * is imported once if it is there.
 */
export async function startStorage(
  settings: StoreSettings | null,
  importFrom: string | null,
  log: Logger,
): Promise<StartedStorage> {
  if (settings === null) return { storage: null, problems: [] };
  const { path, intervalS, mode } = settings;
  const file = basename(path);
  try {
    const restoredFrom = restoreBackup(path);
    if (restoredFrom !== null) {
      log.notice({}, `${file} was missing: sessions and retained messages are those of ${restoredFrom}`);
    }
  } catch (error) {
    return { storage: null, problems: [openProblem(path, error)] };
  }
  const imported = importFrom === null ? null : await importOnce(importFrom, path);
  if (imported?.kind === "done") for (const line of importReport(imported)) log.notice({}, line);
  const storage = openStorage({
    path,
    intervalMs: intervalS * 1000,
    mode,
    now: Date.now,
    report(problem) {
      if (problem === null) log.notice({}, `${file}: sessions and retained messages are stored again`);
      else logProblem(log, problem);
    },
  });
  if (storage.kind === "unusable") return { storage: null, problems: [storage.problem] };
  return { storage, problems: imported?.kind === "failed" ? [imported.problem] : [] };
}

async function importOnce(from: string, store: string): Promise<ImportOutcome | null> {
  if (!existsSync(from)) return null;
  // rarely needed: not part of every start
  const { importNewFile } = await import("./importing.ts");
  return importNewFile(from, store);
}

/** Writes what is not on the disk yet and says what came of it; what keeps it from being written was said before. */
export async function saveNow(
  storage: Storage | null,
  wanted: StoreSettings | null,
  cause: string,
  log: Logger,
): Promise<void> {
  if (storage !== null && (await storage.save())) {
    log.notice({}, `${cause}: sessions and retained messages are saved.`);
    return;
  }
  const why =
    wanted === null
      ? "They are kept in memory only. Switch persistence on to keep them."
      : "The store cannot be written, as said above. They stay in memory.";
  log.warn({}, `${cause}: sessions and retained messages were not saved. ${why}`);
}

/** What to tell when the settings in force are not those that the file was opened with. */
export function storeChange(opened: StoreSettings | null, wanted: StoreSettings | null): readonly Problem[] {
  if (isSame(opened, wanted)) return [];
  return [
    {
      severity: "warning",
      what: `The settings of the session store changed: ${describe(wanted)}.`,
      now: `It takes effect after a restart; until then it is ${describe(opened)}.`,
      fix: "Restart the broker.",
    },
  ];
}

function isSame(a: StoreSettings | null, b: StoreSettings | null): boolean {
  return a?.path === b?.path && a?.intervalS === b?.intervalS && a?.mode === b?.mode;
}

function describe(settings: StoreSettings | null): string {
  if (settings === null) return "nothing is stored";
  const when = settings.mode === "always" ? "before each acknowledgement" : `every ${settings.intervalS} seconds`;
  return `${settings.path}, written ${when}`;
}
