import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { wait } from "../wait.ts";

/** "mosquitto" is Debian's with its defaults; the other one sends small packets at once. */
export type BrokerName = "culex" | "mosquitto" | "mosquitto-nodelay";

/** A broker that listens. */
export interface RunningBroker {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process until its port answered. */
  readonly startUpMs: number;
  stop(): Promise<void>;
}

/** How a broker's process is started. */
export interface BrokerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Where its log goes. */
  readonly folder: string;
}

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 10_000;
const LOOK_S = 0.003;
const SETTLE_S = 0.3;
const STOP_TIMEOUT_MS = 10_000;

/** Starts a broker on the first CPU and waits for its port; null when it ends instead. */
export async function startBroker({ command, args, port, folder }: BrokerCommand): Promise<RunningBroker | null> {
  const logFile = join(folder, "log");
  const log = openSync(logFile, "w");
  const pinned = pinnedTo(0, command, args);
  const begun = performance.now();
  const child = spawn(pinned.command, pinned.args, { stdio: ["ignore", log, log] });
  closeSync(log);
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    const over = (): void => {
      isOver = true;
      resolve();
    };
    child.once("exit", over);
    child.once("error", over);
  });
  while (!(await answers(port))) {
    if (isOver) return null;
    if (performance.now() - begun > START_TIMEOUT_MS) {
      child.kill("SIGKILL");
      throw new Error(`${command} does not listen: ${readFileSync(logFile, "utf8").slice(-500)}`);
    }
    await wait(LOOK_S);
  }
  const startUpMs = performance.now() - begun;
  // mosquitto opens its port before it finds that it was built without WebSockets, and ends.
  await wait(SETTLE_S);
  if (isOver) return null;
  return {
    port,
    pid: child.pid ?? 0,
    startUpMs,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The command on one CPU, where there is another one for the other side. taskset becomes the command: same pid. */
export function pinnedTo(
  cpu: 0 | 1,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (availableParallelism() < 2) return { command, args };
  return { command: "taskset", args: ["-c", String(cpu), command, ...args] };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once("connect", () => {
      socket.resetAndDestroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
