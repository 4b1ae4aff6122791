import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A broker of its own, which may fall over without taking the fuzzer along. */
export interface BrokerProcess {
  readonly port: number;
  /** What it printed last; empty while it runs. */
  ended(): string | null;
  /** Resident memory in bytes; null where the system does not tell. */
  residentBytes(): number | null;
  stop(): Promise<void>;
}

/** Lines that are kept for the report. */
const LAST_LINES = 30;

/** Starts the command `culex` on a free port of the loopback. */
export async function startBrokerProcess(): Promise<BrokerProcess> {
  const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
  const child = spawn(process.execPath, [main, "-p", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  let lines: string[] = [];
  let isOver = false;
  const exit = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      isOver = true;
      lines.push(`ended with ${code ?? signal}`);
      resolve();
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines = [...lines.slice(-LAST_LINES), line];
        const found = / ready: mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (found !== null) resolve(Number(found[1]));
      });
    }
    void exit.then(() => reject(new Error(`the broker did not start:\n${lines.join("\n")}`)));
  });
  return {
    port,
    ended: () => (isOver ? lines.join("\n") : null),
    residentBytes: () => residentBytes(child.pid ?? 0),
    async stop() {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

function residentBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
