import { createConnection } from "node:net";
import { join } from "node:path";
import { codeOf, ConfigError } from "../core/errors.ts";
import { sentence } from "../core/problem.ts";
import { isRawObject } from "../core/raw-object.ts";
import { controlFolder } from "../settings/store.ts";
import type { TraceCommand } from "./command.ts";
import { readMoment } from "./moment.ts";

/** Longest that a running broker may take to answer. */
const TIMEOUT_MS = 10_000;

/**
 * Asks a running broker to start, stop or list traces, and prints what it says. `socketName` is that of its socket. Exit
 * codes: 0 done, 1 not, 2 no broker answers, 78 the configuration has a fault.
 */
export async function trace(command: TraceCommand, socketName: string): Promise<0 | 1 | 2 | 78> {
  try {
    const { snapshot } = await readMoment(command.places);
    const { data, share, ssl, optionsFile } = command.places;
    const kind = optionsFile === null ? "stand-alone" : "add-on";
    const folder = controlFolder({ kind, folders: { data, share, ssl } }, snapshot.settings.store);
    if (folder === null) {
      return failed(
        78,
        'The broker has no folder of its own, so it cannot be asked. No trace was started. Write "persistence true" and a persistence_location into the conf file, and restart it.',
      );
    }
    const said = await ask(join(folder, socketName), command.question);
    if (!isRawObject(said) || !Array.isArray(said["lines"]))
      return failed(2, "The broker gave no answer that can be read.");
    for (const line of said["lines"]) process.stdout.write(`${line}\n`);
    return said["code"] === 0 ? 0 : 1;
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

function ask(path: string, question: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = createConnection(path, () => socket.write(`${JSON.stringify(question)}\n`));
    socket.setEncoding("utf8");
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    socket.on("data", (part: string) => (text += part));
    socket.on("error", reject);
    socket.on("close", () => resolve(parsed(text)));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
