import { posix } from "node:path";
import type { Folders } from "./types.ts";

/**
 * Finds a file that options or a conf file name. A path below /data, /share or /ssl means that folder wherever it is
 * on this machine; a relative path starts at `base`, or at the working directory.
 */
export function resolvePath(shown: string, folders: Folders, base?: string): string {
  if (!posix.isAbsolute(shown)) return posix.resolve(base ?? ".", shown);
  const path = posix.normalize(shown);
  return (
    below(path, "/data", folders.data) ??
    below(path, "/share", folders.share) ??
    below(path, "/ssl", folders.ssl) ??
    path
  );
}

/** Says where a file lies in the user's words: below /data, /share or /ssl wherever those are on this machine. */
export function shownFolder(path: string, folders: Folders): string {
  const folder = posix.dirname(path);
  return (
    below(folder, posix.resolve(folders.share), "/share") ??
    below(folder, posix.resolve(folders.ssl), "/ssl") ??
    below(folder, posix.resolve(folders.data), "/data") ??
    folder
  );
}

/** Whether a path that the options name below a folder stays below it: "certs/a.pem" does, "../data/a.pem" does not. */
export function staysBelow(shown: string, folder: "/share" | "/ssl"): boolean {
  return posix.resolve(folder, shown).startsWith(`${folder}/`);
}

/** Replaces a whole leading folder: "/sharefoo" is not below "/share". */
function below(path: string, name: string, folder: string): string | null {
  if (path === name) return posix.resolve(folder);
  return path.startsWith(`${name}/`) ? posix.join(posix.resolve(folder), path.slice(name.length)) : null;
}
