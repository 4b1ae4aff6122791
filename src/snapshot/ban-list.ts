import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../core/errors.ts";
import { readRegularFile } from "../core/read-regular-file.ts";
import { writeAtomically } from "../core/write-atomically.ts";
import { formatBans, parseBans, type Ban, type ParsedBans } from "../settings/ban-file.ts";
import type { FileReference } from "../settings/types.ts";

/**
 * Reads a list of bans to change it; what is over is left out. A file that is not there bans nobody.
 * @throws the system's error when it cannot be read.
 */
export async function readBanList({ path, shown }: FileReference, nowMs: number): Promise<ParsedBans> {
  const { bans, problems } = parseBans(await textOf(path), shown, "Nothing is changed.");
  return { bans: bans?.filter(({ untilMs }) => untilMs === null || untilMs > nowMs) ?? null, problems };
}

/**
 * Writes a list of bans, which a running broker takes over by itself. Who could read the old one can read the new one: root
 * writes it for the broker's user too.
 * @throws the system's error; the old list is still there then.
 */
export async function writeBanList({ path }: FileReference, bans: readonly Ban[]): Promise<void> {
  await writeAtomically(path, [HEAD, formatBans(bans)], { like: await lookOf(path) });
}

/** Whose the file is and who may read it; one that is not there yet belongs to the owner of its folder alone. */
async function lookOf(path: string): Promise<{ readonly uid: number; readonly gid: number; readonly mode: number }> {
  try {
    const { uid, gid, mode } = await stat(path);
    return { uid, gid, mode: mode & 0o777 };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    const { uid, gid } = await stat(dirname(path));
    return { uid, gid, mode: 0o600 };
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).toString("utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}

const HEAD =
  "# Who may not connect. Written by culex ban and the panel, which keep no comments; you may change it yourself.\n";
