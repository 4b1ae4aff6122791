import { readFile } from "node:fs/promises";
import { BackendError, codeOf, messageOf } from "../src/core/errors.ts";
import type { OptionStore } from "../src/core/option-store.ts";
import { isRawObject, type RawObject } from "../src/core/raw-object.ts";
import { writeAtomically } from "../src/core/write-atomically.ts";
import type { Supervisor } from "./supervisor.ts";

interface OptionStoreDeps {
  /** options.json. */
  readonly file: string;
  /** null outside Home Assistant: the file is all there is. */
  readonly supervisor: Pick<Supervisor, "options" | "setOptions"> | null;
  readonly signal: AbortSignal;
}

/**
 * Makes the store. The Supervisor keeps the options and writes the file at each start, so that it is told first; the file
 * is changed in the same way besides, because nothing else would make the change count before the next start.
 */
export function createOptionStore({ file, supervisor, signal }: OptionStoreDeps): OptionStore {
  let last: Promise<unknown> = Promise.resolve();

  const change: OptionStore["change"] = async (edit) => {
    const changed = edit(await readOptions(file));
    const before = supervisor === null ? null : await supervisor.options(signal);
    if (before !== null) await supervisor?.setOptions(edit(before), signal);
    try {
      await writeAtomically(file, [`${JSON.stringify(changed, null, 2)}\n`]);
    } catch (error) {
      // it would be in force from the next start on, although somebody was told that it was not done
      if (before !== null) await supervisor?.setOptions(before, signal).catch(() => undefined);
      throw new BackendError(`${file}: ${codeOf(error) ?? messageOf(error)}`, { cause: error });
    }
  };

  return {
    change(edit) {
      const turn = last.then(() => change(edit));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** What cannot be read must not be overwritten. */
async function readOptions(file: string): Promise<RawObject> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (isRawObject(value)) return value;
  } catch (error) {
    // what a parser says quotes the file, which has passwords in it
    throw new BackendError(`${file}: ${codeOf(error) ?? "this is not valid JSON"}`);
  }
  throw new BackendError(`${file}: it holds no options`);
}
