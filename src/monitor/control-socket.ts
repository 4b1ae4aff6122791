import { lstat, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { codeOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";

/** Name of the socket in the data folder. */
export const CONTROL_SOCKET = "culex.sock";

export interface ControlSocket {
  close(): Promise<void>;
}

const MAX_QUESTION_BYTES = 64 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * Listens on a Unix socket that only the broker's own user may open, and answers one line of JSON with another. null: it
 * cannot, which is said in the log; the broker works without it.
 */
export async function openControlSocket(
  path: string,
  answer: (question: unknown) => Promise<unknown>,
  log: Logger,
): Promise<ControlSocket | null> {
  if (await isTaken(path)) {
    log.warn(
      {},
      `${path} is not this broker's. "culex trace" does not work, and "culex ban list" shows the file alone. Stop the other broker, or remove the file.`,
    );
    return null;
  }
  const server = createServer((socket) => serve(socket, answer));
  try {
    await listen(server, path);
  } catch (error) {
    const code = codeOf(error) ?? "unknown";
    log.warn(
      {},
      `${path} cannot be opened (${code}). "culex trace" does not work, and "culex ban list" shows the file alone. Check the folder.`,
    );
    return null;
  }
  server.unref();
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What a broker left that was killed is in nobody's way. */
async function isTaken(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return false;
  if (!found.isSocket() || (await isAnswered(path))) return true;
  await rm(path, { force: true });
  return false;
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // a broker whose queue is full, or who is somebody else, is there all the same
    socket.once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED"));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // the socket is made within listen(): nobody may open it for a moment
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}

function serve(socket: Socket, answer: (question: unknown) => Promise<unknown>): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  const take = (part: string): void => {
    text += part;
    if (text.length > MAX_QUESTION_BYTES) return void socket.destroy();
    const end = text.indexOf("\n");
    if (end === -1) return;
    socket.off("data", take);
    socket.resume();
    void answer(parsed(text.slice(0, end))).then((said) => socket.end(`${JSON.stringify(said)}\n`));
  };
  socket.on("data", take);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
