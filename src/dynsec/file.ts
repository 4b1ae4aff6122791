import { chmod, copyFile, link, rm, stat } from "node:fs/promises";
import { codeOf, messageOf } from "../core/errors.ts";
import { readRegularFile } from "../core/read-regular-file.ts";
import type { Problem } from "../core/types.ts";
import { writeAtomically } from "../core/write-atomically.ts";
import { formatDynsec, prepareTexts } from "./format-file.ts";
import { parseDynsec } from "./parse-file.ts";
import type { DynsecFile, DynsecState, ParsedDynsec } from "./types.ts";

/** Where the file is, and what problems call it. */
interface Place {
  readonly path: string;
  readonly shown: string;
}

/** Makes the one reader and writer of a dynamic-security file. */
export function createDynsecFile(place: Place): DynsecFile {
  const { path, shown } = place;
  /** How the file looked when it was last read or written; null: never, or it was not there. */
  let known: string | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let waiting: { readonly state: DynsecState; readonly done: Promise<Problem | null> } | null = null;

  const write = async (state: DynsecState): Promise<Problem | null> => {
    try {
      const seen = await lookOf(path);
      if (seen !== null && seen !== known) {
        const found = parseDynsec((await readRegularFile(path)).toString("utf8"), shown);
        if (found.state === null) return brokenMeanwhile(shown);
      }
      await prepareTexts(state);
      // taken as it is now: what changes from here on has its own save
      const parts = formatDynsec(state);
      await writeAtomically(path, parts, seen === null ? {} : { beforeRename: () => keepBackup(path) });
      known = await lookOf(path);
      return null;
    } catch (error) {
      return notWritten(shown, codeOf(error) ?? messageOf(error));
    }
  };

  return {
    async load() {
      try {
        const look = await lookOf(path);
        const parsed = parseDynsec((await readRegularFile(path)).toString("utf8"), shown);
        // a file that is not understood stays one that was changed by others, and is not written over
        if (parsed.state !== null) known = look;
        return parsed;
      } catch (error) {
        return unreadable(shown, codeOf(error) ?? messageOf(error));
      }
    },

    save(state) {
      // a write that has not begun takes this change along
      if (waiting?.state === state) return waiting.done;
      const done = last.then(() => {
        if (waiting?.done === done) waiting = null;
        return write(state);
      });
      waiting = { state, done };
      last = done;
      return done;
    },

    isUnchanged: async () => known !== null && (await lookOf(path)) === known,
  };
}

/** Tells one state of a file from the next without reading it; null: it is not there. */
async function lookOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** A second name for the old file costs no writing; where the disk knows no such thing it is copied. */
async function keepBackup(path: string): Promise<void> {
  const backup = `${path}.bak`;
  await rm(backup, { force: true });
  try {
    await link(path, backup);
  } catch {
    await copyFile(path, backup);
  }
  await chmod(backup, 0o600);
}

function unreadable(shown: string, error: string): ParsedDynsec {
  const isMissing = error === "ENOENT";
  const problem: Problem = {
    severity: "error",
    what: isMissing ? `${shown} does not exist.` : `${shown} cannot be read (${error}).`,
    now: "Dynamic security knows nobody, and its commands are refused.",
    fix: isMissing
      ? 'Make it with "mosquitto_ctrl dynsec init", or correct its name in the configuration.'
      : "Give the broker the right to read it.",
    where: { file: shown },
  };
  return { state: null, problems: [problem] };
}

function brokenMeanwhile(shown: string): Problem {
  return {
    severity: "error",
    what: `${shown} was changed by hand and is not valid any more.`,
    now: "It is left as it is, so changes by commands count until the next restart only.",
    fix: "Correct it, or put back the copy beside it that ends in .bak.",
    where: { file: shown },
  };
}

function notWritten(shown: string, error: string): Problem {
  return {
    severity: "error",
    what: `${shown} cannot be written (${error}).`,
    now: "Changes by commands count until the next restart only.",
    fix: "Give the broker the right to write in that folder, and look whether the disk is full.",
    where: { file: shown },
  };
}
