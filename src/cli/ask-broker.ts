import { createConnection } from "node:net";
import { join } from "node:path";
import { isRawObject } from "../core/raw-object.ts";
import { controlFolder } from "../settings/store.ts";
import type { Snapshot } from "../snapshot/types.ts";
import type { Places } from "./moment.ts";

/** What a running broker says to a command. */
interface Said {
  /** To be printed. */
  readonly lines: readonly string[];
  /** 0: it was done. */
  readonly code: unknown;
}

/** The broker has no folder of its own, and so no socket. */
export const NO_FOLDER = "no folder";

/** Longest that a running broker may take to answer. */
const TIMEOUT_MS = 10_000;

/**
 * Asks a running broker by the socket of this name in its folder; null: its answer cannot be read.
 * @throws Error with the system's code when no broker answers.
 */
export async function askBroker(
  { data, share, ssl, optionsFile }: Places,
  { settings }: Pick<Snapshot, "settings">,
  socketName: string,
  question: object,
): Promise<Said | typeof NO_FOLDER | null> {
  const kind = optionsFile === null ? "stand-alone" : "add-on";
  const folder = controlFolder({ kind, folders: { data, share, ssl } }, settings.store);
  if (folder === null) return NO_FOLDER;
  const said = await ask(join(folder, socketName), question);
  if (!isRawObject(said) || !Array.isArray(said["lines"])) return null;
  return { lines: said["lines"].filter((line) => typeof line === "string"), code: said["code"] };
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
