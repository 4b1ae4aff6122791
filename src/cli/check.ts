import { ConfigError } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { ConfFile } from "../settings/types.ts";
import { carryOver, problemLine } from "./carry-over.ts";
import type { CheckCommand } from "./command.ts";
import { readMoment } from "./moment.ts";

/**
 * Reads the configuration as the broker would and prints every problem, and of a conf file also which lines are carried
 * out. Gives the exit code 0, 1 or 2.
 */
export async function check(command: CheckCommand): Promise<0 | 1 | 2> {
  const { conf, problems } = await read(command);
  const texts = command.listsLines && conf !== null ? carryOver(conf, problems) : problems.map(problemLine);
  for (const text of texts) process.stdout.write(`${text}\n`);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  process.stdout.write(
    problems.length === 0
      ? "Configuration is OK.\n"
      : `${counted(errors, "error")}, ${counted(warnings, "warning")}.\n`,
  );
  return errors > 0 ? 2 : warnings > 0 ? 1 : 0;
}

interface Found {
  /** null: it cannot be read. */
  readonly conf: readonly ConfFile[] | null;
  readonly problems: readonly Problem[];
}

async function read(command: CheckCommand): Promise<Found> {
  try {
    const { sources, snapshot } = await readMoment(command);
    return { conf: sources.conf, problems: snapshot.problems };
  } catch (error) {
    if (error instanceof ConfigError) return { conf: null, problems: error.problems };
    throw error;
  }
}
