import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createLogger } from "../../src/core/logger.ts";
import { createWatcher } from "../../src/snapshot/watcher.ts";
import { tempFolder } from "../helpers/temp.ts";

const log = createLogger(() => ({ types: new Set(), sinks: [] }));

/** Starts a watcher and waits until it has taken its first look. */
async function watching(
  paths: readonly string[],
): Promise<{ readonly seen: string[]; update(paths: readonly string[]): void }> {
  const seen: string[] = [];
  const watcher = createWatcher({ changed: (file) => seen.push(file), log, quietMs: 50 });
  onTestFinished(watcher.close);
  watcher.update(paths);
  await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 5_000 });
  seen.length = 0;
  return { seen, update: watcher.update };
}

describe("a change is seen", () => {
  test("when a file is written", async () => {
    const file = join(tempFolder(), "acl");
    writeFileSync(file, "a");
    const { seen } = await watching([file]);
    writeFileSync(file, "b");
    await vi.waitFor(() => expect(seen).toEqual(["acl"]));
  });

  test("when another file is renamed over it", async () => {
    const folder = tempFolder();
    const file = join(folder, "acl");
    writeFileSync(file, "a");
    const { seen } = await watching([file]);
    writeFileSync(join(folder, ".acl.swp"), "b");
    renameSync(join(folder, ".acl.swp"), file);
    await vi.waitFor(() => expect(seen).toEqual(["acl"]));
  });

  test("when it is deleted and written again, twice", async () => {
    const file = join(tempFolder(), "acl");
    writeFileSync(file, "a");
    const { seen } = await watching([file]);
    for (const round of [1, 2]) {
      rmSync(file);
      await vi.waitFor(() => expect(seen).toHaveLength(2 * round - 1));
      writeFileSync(file, `b${round}`);
      await vi.waitFor(() => expect(seen).toHaveLength(2 * round));
    }
  });

  test("when a file appears in a watched folder", async () => {
    const folder = join(tempFolder(), "mosquitto");
    mkdirSync(folder);
    const { seen } = await watching([folder]);
    writeFileSync(join(folder, "acl.conf"), "acl_file x\n");
    await vi.waitFor(() => expect(seen).toEqual(["acl.conf"]));
  });

  test("when the missing folder of a file appears, however deep", async () => {
    const root = tempFolder();
    const folder = join(root, "share", "mosquitto");
    const { seen, update } = await watching([folder]);
    mkdirSync(folder, { recursive: true });
    await vi.waitFor(() => expect(seen).not.toEqual([]));
    update([folder, join(folder, "acl.conf")]);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1));
    seen.length = 0;
    writeFileSync(join(folder, "acl.conf"), "acl_file x\n");
    await vi.waitFor(() => expect(seen).toEqual(["acl.conf"]));
  });
});

test("ten saves in a row are one change", async () => {
  const file = join(tempFolder(), "acl");
  writeFileSync(file, "a");
  const { seen } = await watching([file]);
  for (let i = 0; i < 10; i++) writeFileSync(file, `version ${i}`);
  await vi.waitFor(() => expect(seen).toEqual(["acl"]));
});

test("other files beside a watched one are nobody's business", async () => {
  const folder = tempFolder();
  const file = join(folder, "options.json");
  writeFileSync(file, "{}");
  const { seen } = await watching([file]);
  writeFileSync(join(folder, "mosquitto.log"), "line\n");
  writeFileSync(file, "{ }");
  await vi.waitFor(() => expect(seen).toEqual(["options.json"]));
});

test("a file that never rests does not keep another from being seen", async () => {
  const folder = tempFolder();
  const acl = join(folder, "acl");
  const busy = join(folder, "busy.conf");
  writeFileSync(acl, "a");
  const { seen } = await watching([folder, acl, busy]);
  const writing = setInterval(() => writeFileSync(busy, String(performance.now())), 20);
  onTestFinished(() => clearInterval(writing));
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1), { timeout: 5_000 });
});

test("in a listed folder only conf files are news", async () => {
  const folder = tempFolder();
  const { seen } = await watching([folder]);
  writeFileSync(join(folder, "mosquitto.log"), "line\n");
  writeFileSync(join(folder, "a.conf"), "");
  await vi.waitFor(() => expect(seen).toEqual(["a.conf"]));
});

test("a link is news where it points to", async () => {
  const folder = tempFolder();
  const target = join(folder, "archive", "acl");
  mkdirSync(join(folder, "archive"));
  mkdirSync(join(folder, "live"));
  writeFileSync(target, "a");
  symlinkSync(target, join(folder, "live", "acl"));
  const { seen } = await watching([join(folder, "live", "acl")]);
  writeFileSync(target, "b");
  await vi.waitFor(() => expect(seen).not.toEqual([]));
});

test("the first look names no file, for it knows of none", async () => {
  const folder = tempFolder();
  const files = [join(folder, "options.json"), join(folder, "acl")];
  for (const file of files) writeFileSync(file, "a");
  const seen: string[] = [];
  const watcher = createWatcher({ changed: (file) => seen.push(file), log, quietMs: 50 });
  onTestFinished(watcher.close);
  watcher.update(files);
  await vi.waitFor(() => expect(seen).toEqual(["saved while the files were read"]), { timeout: 5_000 });
});

test("a closed watcher opens nothing any more", async () => {
  const seen: string[] = [];
  const file = join(tempFolder(), "acl");
  writeFileSync(file, "a");
  const watcher = createWatcher({ changed: (name) => seen.push(name), log, quietMs: 20 });
  await watcher.close();
  watcher.update([file]);
  const other = await watching([file]);
  writeFileSync(file, "b");
  await vi.waitFor(() => expect(other.seen).toEqual(["acl"]));
  expect(seen).toEqual([]);
});
