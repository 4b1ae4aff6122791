import { createHash, type Hash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import { readRegularFile } from "../core/read-regular-file.ts";
import { foreignLine } from "../core/text.ts";
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
  /** A text in UTF-8; another would be other names and passwords than were meant. */
  text(path: string): Promise<FileText>;
  /** A file of which its reader says, line by line or as a whole, what is no text. */
  anyText(path: string): Promise<FileText>;
  /** The CAs of a folder, as one text. */
  certificates(folder: string): Promise<FileText>;
  /** Notes a file that somebody else reads; `digest` is of what was found, null: there is nothing. */
  elsewhere(path: string, digest: string | null): void;
  /** Names of all files in a folder. */
  names(folder: string): Promise<Listing>;
  /** Names of the conf files in a folder, in mosquitto's order; or the code of what kept it from being listed. */
  confNames(folder: string): Promise<Listing>;
  fingerprint(): string;
}

/** How OpenSSL names the CAs of a folder, "5ad8a5d6.0": other files there are none for it. */
export const HASHED_NAME = /^[0-9a-f]{8}\.\d+$/;

export type Listing =
  | { readonly names: readonly string[]; readonly error: null }
  | { readonly names: null; readonly error: string };

/** Starts a pass; `instead` has texts that count in the place of what files say. */
export function createReading(instead: ReadonlyMap<string, string> = new Map()): Reading {
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
  const read = async (path: string, faultyLine: (bytes: Buffer) => number | null): Promise<FileText> => {
    watched.add(path);
    const own = instead.get(path);
    const file = own === undefined ? await readText(path, faultyLine) : { path, text: own, error: null };
    if (file.error === null && file.text.trim() !== "") found.add(path);
    note(path, file.text ?? "", file.error ?? "");
    return file;
  };
  return {
    startedAtMs: Date.now(),
    problems: [],
    watched,
    found,
    text: (path) => read(path, foreignLine),
    anyText: (path) => read(path, () => null),
    async certificates(folder) {
      watched.add(folder);
      const listed = await list(folder);
      if (listed.names === null) {
        note(folder, listed.error);
        return { path: folder, text: null, error: listed.error };
      }
      // links to one file and the file itself are one text
      const texts = new Set<string>();
      for (const name of listed.names.filter((name) => HASHED_NAME.test(name)).toSorted()) {
        const { text } = await read(join(folder, name), () => null);
        if (text !== null) texts.add(text);
      }
      return { path: folder, text: [...texts].join("\n"), error: null };
    },
    elsewhere(path, digest) {
      watched.add(path);
      if (digest !== null) found.add(path);
      note(path, digest ?? "");
    },
    async names(folder) {
      watched.add(folder);
      const listed = await list(folder);
      if (listed.error !== null) note(folder, listed.error);
      return listed;
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

async function readText(path: string, faultyLine: (bytes: Buffer) => number | null): Promise<FileText> {
  try {
    const bytes = await readRegularFile(path);
    const line = faultyLine(bytes);
    if (line === null) return { path, text: bytes.toString("utf8"), error: null };
    return { path, text: null, error: `line ${line} is no UTF-8 text`, fix: "Save it again, as UTF-8." };
  } catch (error) {
    return { path, text: null, error: codeOf(error) ?? messageOf(error) };
  }
}
