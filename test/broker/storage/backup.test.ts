import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { backUp, restoreBackup } from "../../../src/broker/storage/backup.ts";
import { loadState } from "../../../src/broker/storage/load.ts";
import { openStorage, type Storage } from "../../../src/broker/storage/storage.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { createHouse } from "../engine-house.ts";
import { publish } from "../packets-of.ts";

/** A store in use, with one retained message. */
async function inUse(path: string): Promise<Storage> {
  const options = { path, intervalMs: 30_000, mode: "interval", now: Date.now, report: () => undefined } as const;
  const storage = openStorage(options);
  if (storage.kind !== "open") throw new Error(storage.problem.what);
  onTestFinished(() => storage.close());
  createHouse({}, storage)
    .connect("pub")
    .send(publish("t", "x", { retain: true }));
  await new Promise<void>((resolve) => storage.journal.afterStored(resolve));
  return storage;
}

describe("a backup", () => {
  it("is one file with all of one moment, for the broker's user alone, while the store is in use", async () => {
    const folder = tempFolder();
    await inUse(join(folder, "culex.db"));
    const copy = join(folder, "culex-backup.db");
    writeFileSync(copy, "an older one");
    await backUp(join(folder, "culex.db"), copy);
    expect(readdirSync(folder).filter((name) => name.includes("backup"))).toEqual(["culex-backup.db"]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(loadState(copy).retained).toMatchObject([{ topic: "t", body: "x" }]);
  });

  it("that fails leaves the last one as it was", async () => {
    const folder = tempFolder();
    const from = join(folder, "culex.db");
    writeFileSync(from, "this is no database, whatever its name says. ".repeat(100));
    const copy = join(folder, "culex-backup.db");
    writeFileSync(copy, "an older one");
    await expect(backUp(from, copy)).rejects.toThrow("file is not a database");
    expect(readdirSync(folder).toSorted()).toEqual(["culex-backup.db", "culex.db"]);
    expect(statSync(copy).size).toBe("an older one".length);
  });

  it("takes the place of a missing store, and what was left of that does not get in", async () => {
    const folder = tempFolder();
    const path = join(folder, "culex.db");
    const storage = await inUse(join(folder, "other.db"));
    await backUp(join(folder, "other.db"), join(folder, "culex-backup.db"));
    await storage.close();
    writeFileSync(`${path}-wal`, "left over");
    expect(restoreBackup(path)).toBe("culex-backup.db");
    expect(existsSync(join(folder, "culex-backup.db"))).toBe(false);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(loadState(path).retained).toMatchObject([{ topic: "t" }]);
  });

  it("changes nothing when the store is there", () => {
    const folder = tempFolder();
    const path = join(folder, "culex.db");
    expect(restoreBackup(path)).toBeNull();
    writeFileSync(path, "the store");
    writeFileSync(join(folder, "culex-backup.db"), "the backup");
    expect(restoreBackup(path)).toBeNull();
    expect(statSync(path).size).toBe("the store".length);
  });
});
