import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRegularFile } from "../../src/core/read-regular-file.ts";
import { tempFolder } from "../helpers/temp.ts";

test("gives the bytes of a file, also behind a link, up to its largest size", async () => {
  const folder = tempFolder();
  const path = join(folder, "file");
  writeFileSync(path, Buffer.alloc(100_000, 7));
  symlinkSync("file", join(folder, "link"));
  expect(await readRegularFile(join(folder, "link"))).toEqual(Buffer.alloc(100_000, 7));
  expect(await readRegularFile(path, 100_000)).toHaveLength(100_000);
  await expect(readRegularFile(path, 99_999)).rejects.toThrow("it is larger than");
  writeFileSync(path, "");
  expect(await readRegularFile(path)).toHaveLength(0);
});

test("waits for nothing that is no file", async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  for (const path of [join(folder, "folder"), join(folder, "pipe"), "/dev/zero"]) {
    await expect(readRegularFile(path)).rejects.toThrow("it is not a file");
  }
  symlinkSync("loop", join(folder, "loop"));
  await expect(readRegularFile(join(folder, "loop"))).rejects.toThrow("ELOOP");
  await expect(readRegularFile(join(folder, "nothing"))).rejects.toThrow("ENOENT");
});
