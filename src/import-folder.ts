import { constants } from "node:fs";
import { link, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { codeOf } from "./core/errors.ts";

/** A file to be written. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** What a file holds; null: there is none. "else": there is something that cannot be read as one. */
export async function contentOf(path: string): Promise<Buffer | "else" | null> {
  try {
    return await readFile(path, { flag: constants.O_RDONLY | constants.O_NONBLOCK });
  } catch (error) {
    return codeOf(error) === "ENOENT" ? null : "else";
  }
}

/** Writes files that are not there yet, all or none. @throws the system's error, EEXIST for one that is there. */
export async function writeNew(files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, bytes } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(path, bytes);
      written.push(path);
    }
  } catch (error) {
    await removeAll(written);
    throw error;
  }
}

/** Takes files away that were written by mistake. */
export async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

/** A reader sees nothing or the whole file, and one that is there stays. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  try {
    const file = await open(part, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * Runs something with a copy of the app's folders in which new files lie beside those that are there, which are linked
 * to: what it finds is what the broker would find. The copy is gone afterwards.
 */
export async function withCopy<T>(
  {
    existing,
    folder,
    files,
    options,
  }: {
    /** The real folder of conf files. */
    readonly existing: string;
    /** Its path below the share folder. */
    readonly folder: string;
    readonly files: readonly { readonly name: string; readonly text: string }[];
    readonly options: string;
  },
  use: (copy: { readonly share: string; readonly data: string }) => Promise<T>,
): Promise<T> {
  const base = await mkdtemp(join(tmpdir(), "culex-import-"));
  try {
    const copy = { share: join(base, "share"), data: join(base, "data") };
    const inside = join(copy.share, folder);
    await mkdir(inside, { recursive: true });
    await mkdir(copy.data);
    await writeFile(join(copy.data, "options.json"), options, { mode: 0o600 });
    for (const { name, text } of files) await writeFile(join(inside, name), text, { mode: 0o600 });
    const own = new Set(files.map(({ name }) => name));
    for (const name of await readdir(existing).catch(() => [])) {
      if (!own.has(name)) await symlink(join(existing, name), join(inside, name));
    }
    return await use(copy);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}
