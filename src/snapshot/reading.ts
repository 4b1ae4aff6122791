import { createHash, type Hash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { codeOf } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { includeDirOrder } from "../settings/conf-file.ts";
import type { FileText } from "./types.ts";

/** One pass over the disk: remembers what was looked at and a digest of what was found. */
export interface Reading {
  readonly startedAtMs: number;
  readonly problems: Problem[];
  readonly watched: ReadonlySet<string>;
  /** Files that could be read and were not empty. */
  readonly found: ReadonlySet<string>;
  text(path: string): Promise<FileText>;
  /** Notes a file that somebody else reads; `digest` is of what was found, null: there is nothing. */
  elsewhere(path: string, digest: string | null): void;
  /** Names of all files in a folder. */
  names(folder: string): Promise<Listing>;
  /** Names of the conf files in a folder, in mosquitto's order; or the code of what kept it from being listed. */
  confNames(folder: string): Promise<Listing>;
  fingerprint(): string;
}

export type Listing =
  | { readonly names: readonly string[]; readonly error: null }
  | { readonly names: null; readonly error: string };

/** Starts a pass. */
export function createReading(): Reading {
  const watched = new Set<string>();
  const found = new Set<string>();
  const hash: Hash = createHash("sha256");
  const note = (...parts: string[]): void => {
    for (const part of parts) hash.update(`${part.length}:${part}`);
  };
  const list = async (folder: string): Promise<Listing> => {
    try {
      return { names: await readdir(folder), error: null };
    } catch (error) {
      return { names: null, error: codeOf(error) ?? "EIO" };
    }
  };
  return {
    startedAtMs: Date.now(),
    problems: [],
    watched,
    found,
    async text(path) {
      watched.add(path);
      const file = await readText(path);
      if (file.error === null && file.text.trim() !== "") found.add(path);
      note(path, file.text ?? "", file.error ?? "");
      return file;
    },
    elsewhere(path, digest) {
      watched.add(path);
      if (digest !== null) found.add(path);
      note(path, digest ?? "");
    },
    async names(folder) {
      watched.add(folder);
      return list(folder);
    },
    async confNames(folder) {
      watched.add(folder);
      const listed = await list(folder);
      if (listed.names === null) {
        note(folder, listed.error);
        return listed;
      }
      const names = includeDirOrder(listed.names);
      note(folder, ...names);
      return { names, error: null };
    },
    fingerprint: () => hash.copy().digest("hex"),
  };
}

async function readText(path: string): Promise<FileText> {
  try {
    // Reading a pipe would wait for a writer, for ever.
    if (!(await stat(path)).isFile()) return { path, text: null, error: "it is not a file" };
    return { path, text: await readFile(path, "utf8"), error: null };
  } catch (error) {
    return { path, text: null, error: codeOf(error) ?? "EIO" };
  }
}
