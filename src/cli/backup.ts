import { existsSync } from "node:fs";
import { messageOf } from "../core/errors.ts";

/** Copies a store that may be in use; gives the exit code. A store that was never written is nothing to complain about. */
export async function backup(
  { from, to }: { readonly from: string; readonly to: string },
  copy: (from: string, to: string) => Promise<void>,
): Promise<0 | 2> {
  if (!existsSync(from)) {
    process.stdout.write(`${from} is not there: nothing is stored, and no backup was written.\n`);
    return 0;
  }
  try {
    await copy(from, to);
    return 0;
  } catch (error) {
    process.stderr.write(
      `${from}: the backup failed (${messageOf(error)}). ${to} stays as it was. Free some space, or see in the broker's log what is wrong with the store.\n`,
    );
    return 2;
  }
}
