import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Folders } from "../helpers/culex.ts";

/** The number of rows of "session" or of "session WHERE ..." in the store of a running broker. */
export function storedRows({ data }: Pick<Folders, "data">, what: string): number {
  const path = join(data, "culex.db");
  if (!existsSync(path)) return 0;
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    const isReady = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'retained'").get() !== undefined;
    return isReady ? Number(database.prepare(`SELECT count(*) AS rows FROM ${what}`).get()?.["rows"]) : 0;
  } finally {
    database.close();
  }
}
