import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, vi } from "vitest";
import type { FakeSupervisor } from "./supervisor.ts";

const root = join(import.meta.dirname, "..", "..");

export interface Folders {
  readonly data: string;
  readonly share: string;
  readonly ssl: string;
}

/** Lays out /data, /share and /ssl of one app in a temporary folder. */
export function layOut(files: Readonly<Record<string, string>> = {}): Folders {
  const base = mkdtempSync(join(tmpdir(), "culex-"));
  onTestFinished(() => {
    rmSync(base, { recursive: true, force: true });
  });
  const folders = { data: join(base, "data"), share: join(base, "share"), ssl: join(base, "ssl") };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) save(join(base, path), text);
  return folders;
}

/** Writes a file, its folder included. */
export function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export interface Running {
  readonly pid: number;
  /** Standard output and error, a line each. */
  readonly lines: readonly string[];
  /** Waits for a line and gives it. */
  line(pattern: RegExp): Promise<string>;
  /** The port behind "mqtt", "ws", "mqtts" or "wss". */
  port(protocol: string): number;
  signal(name: NodeJS.Signals): void;
  /** Ends it with SIGTERM and gives the exit code. */
  stop(): Promise<number | null>;
  /** Gives the exit code once it ended by itself. */
  readonly ended: Promise<number | null>;
}

/** Runs addon/main.ts as the container does, on free ports of 127.0.0.1. */
export async function startAddon(
  folders: Folders,
  supervisor: FakeSupervisor | null = null,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const running = launch(["addon/main.ts"], {
    CULEX_DATA_DIR: folders.data,
    CULEX_SHARE_DIR: folders.share,
    CULEX_SSL_DIR: folders.ssl,
    CULEX_PORTS: "0,0,0,0",
    CULEX_HOST: "127.0.0.1",
    ...(supervisor === null ? {} : { SUPERVISOR_URL: supervisor.url, SUPERVISOR_TOKEN: supervisor.token }),
    ...env,
  });
  await running.line(/ ready: /);
  return running;
}

/** Runs `node <args>` in the repository and collects what it prints; killed when the test is over. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });

  const line = async (pattern: RegExp): Promise<string> => {
    return vi.waitFor(
      () => {
        const found = lines.find((candidate) => pattern.test(candidate));
        expect(found, `no line ${String(pattern)} in:\n${lines.join("\n")}`).toBeDefined();
        return found ?? "";
      },
      // a busy machine takes its time to start a program
      { timeout: 30_000, interval: 20 },
    );
  };
  return {
    pid: child.pid ?? 0,
    lines,
    line,
    port(protocol) {
      const url = lines.join("\n").match(new RegExp(`\\b${protocol}://\\S+:(\\d+)`));
      return Number(url?.[1]);
    },
    signal: (name) => child.kill(name),
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
    ended,
  };
}
