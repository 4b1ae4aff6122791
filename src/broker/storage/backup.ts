import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";

/** Waits this long for a moment in which another program lets the file be read. */
const PATIENCE_MS = 10_000;
const ALL_PAGES = 0x7f_ff_ff_ff;

/**
 * Writes a consistent copy of a store that may be in use, by this broker or another: all of one moment, in one file.
 * @throws SQLite's or the system's error; `to` is then as it was.
 */
export async function backUp(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  rmSync(part, { force: true });
  const database = new DatabaseSync(from, { timeout: PATIENCE_MS });
  try {
    // messages are nobody else's business
    closeSync(openSync(part, "wx", 0o600));
    // all pages in one step: between two steps a busy broker would write, and the copy begin anew
    await backup(database, part, { rate: ALL_PAGES });
    renameSync(part, to);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  } finally {
    database.close();
  }
}

/**
 * Puts the copy "culex-backup.db" in the place of a missing "culex.db", as it is after a backup of Home Assistant was
 * restored. Gives the base name of the copy; null when there was nothing to do.
 */
export function restoreBackup(path: string): string | null {
  const copy = join(dirname(path), `${basename(path, ".db")}-backup.db`);
  if (existsSync(path) || !existsSync(copy)) return null;
  // what is left of the missing file would be read into the copy
  for (const rest of [`${path}-wal`, `${path}-shm`]) rmSync(rest, { force: true });
  chmodSync(copy, 0o600);
  renameSync(copy, path);
  return basename(copy);
}
