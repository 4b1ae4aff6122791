import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";

/** An import that is under way has the file for itself for a moment. */
const PATIENCE_MS = 5000;

/** A store that is in use: as long as it is held nobody can have it for himself, as an import must. */
export interface Hold {
  /** Gives it up; to be called once or more. */
  release(): void;
}

/**
 * Holds a store, and makes it when it is not there. An open connection is enough: SQLite keeps a shared lock for it, and
 * the system gives that up when the process ends. What cannot be held is not: whether it can be used is asked elsewhere.
 */
export function holdStore(path: string): Hold {
  let database: DatabaseSync | null = null;
  try {
    database = existsSync(path)
      ? new DatabaseSync(path, { timeout: PATIENCE_MS })
      : openDatabase(path, { isSynchronous: false, isExclusive: false }).database;
    // the lock is taken by the first look into the file
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch {
    database?.close();
    database = null;
  }
  return {
    release() {
      database?.close();
      database = null;
    },
  };
}
