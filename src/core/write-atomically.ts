import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Characters written in one go: the event loop gets its turn between two of them. */
const CHUNK = 1_000_000;

interface WriteOptions {
  /** The last moment at which the old one is in its place. */
  readonly beforeRename?: () => Promise<void>;
  /** Whose it becomes, and who may read it; missing: only this process's user. */
  readonly like?: { readonly uid: number; readonly gid: number; readonly mode: number };
}

/**
 * Writes a file that only its owner may read: a power cut leaves the old one or the new one, never half of one.
 * @throws the system's error; the old file is still there then.
 */
export async function writeAtomically(
  path: string,
  parts: Iterable<string>,
  { beforeRename, like }: WriteOptions = {},
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", 0o600);
    try {
      for (const chunk of chunksOf(parts)) await file.appendFile(chunk);
      if (like !== undefined) {
        // nobody but root may give a file away
        if (process.getuid?.() === 0) await file.chown(like.uid, like.gid);
        await file.chmod(like.mode);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function* chunksOf(parts: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const part of parts) {
    chunk += part;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}
