import { codeOf, ConfigError } from "../core/errors.ts";
import { sentence } from "../core/problem.ts";
import { askBroker, NO_FOLDER } from "./ask-broker.ts";
import type { TraceCommand } from "./command.ts";
import { readMoment } from "./moment.ts";

/**
 * Asks a running broker to start, stop or list traces, and prints what it says. `socketName` is that of its socket. Exit
 * codes: 0 done, 1 not, 2 no broker answers, 78 the configuration has a fault.
 */
export async function trace(command: TraceCommand, socketName: string): Promise<0 | 1 | 2 | 78> {
  try {
    const { snapshot } = await readMoment(command.places);
    const said = await askBroker(command.places, snapshot, socketName, command.question);
    if (said === NO_FOLDER) {
      return failed(
        78,
        'The broker has no folder of its own, so it cannot be asked. No trace was started. Write "persistence true" and a persistence_location into the conf file, and restart it.',
      );
    }
    if (said === null) return failed(2, "The broker gave no answer that can be read.");
    for (const line of said.lines) process.stdout.write(`${line}\n`);
    return said.code === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof ConfigError) return failed(78, ...error.problems.map(sentence));
    const code = codeOf(error);
    if (code === null) throw error;
    return failed(
      2,
      `No broker answers (${code}). Nothing was changed. Start the broker, or run the command as its user and with its conf file.`,
    );
  }
}

function failed<C extends 2 | 78>(code: C, ...lines: readonly string[]): C {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return code;
}
