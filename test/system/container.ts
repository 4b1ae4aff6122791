import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";
import { has } from "../helpers/needs.ts";
import { buildPanel } from "../helpers/panel-build.ts";
import { imageFiles, readDockerfile } from "../package/dockerfile.ts";
import { repository, textOf } from "../package/files.ts";

/** The app under s6 in private namespaces, as near to its container as a machine without Docker gets. */
export interface Container {
  /** Everything written so far, as the Log tab would show it. */
  log(): string;
  /** Runs a command inside, and gives what it wrote to standard output. */
  run(...command: readonly string[]): Promise<string>;
  /** What `docker stop` sends. */
  terminate(): void;
  /** Exit code of the container. */
  readonly ended: Promise<number | null>;
  /** Ends it whatever state it is in. */
  stop(): Promise<void>;
}

const namespaces = ["--mount", "--net", "--pid"];
const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

/** Why this machine cannot run it; null when it can. */
export function whyNoContainer(): string | null {
  const missing = ["unshare", "nsenter", "ip", "s6-svscan", "mosquitto_pub", "mosquitto_sub"].filter(
    (program) => !has(program),
  );
  if (missing.length > 0) return `needs ${missing.join(", ")}: not installed`;
  try {
    const probe = "ip link set lo up && mount -t tmpfs tmpfs /tmp && mount -t proc proc /proc";
    execFileSync("unshare", [...asRoot, ...namespaces, "--fork", "sh", "-c", probe], { stdio: "pipe" });
    return null;
  } catch {
    return "needs mount and network namespaces: not allowed on this machine";
  }
}

/** Starts the image's files with an environment, as the Supervisor starts the app. */
export function startContainer(environment: Readonly<Record<string, string>> = {}): Container {
  const folder = mkdtempSync(join(tmpdir(), "culex-container-"));
  for (const name of ["root", "data", "share", "ssl", "env"]) mkdirSync(join(folder, name));
  const { options } = JSON.parse(textOf("config.json"));
  writeFileSync(join(folder, "data/options.json"), JSON.stringify(options));
  const variables = { SUPERVISOR_TOKEN: "the-token", TZ: "Europe/Berlin", ...environment };
  for (const [name, value] of Object.entries(variables)) writeFileSync(join(folder, "env", name), value);

  buildPanel();
  const script = join(repository, "test/system/container.sh");
  const places = [join(folder, "root"), folder, process.execPath, repository.replace(/\/$/, "")];
  const child = spawn(
    "unshare",
    [
      ...asRoot,
      ...namespaces,
      "--fork",
      "--kill-child",
      "sh",
      script,
      ...places,
      ...imageFiles(readDockerfile()).flat(),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  /** Process 1 of the container, numbered as outside. */
  const init = (): string => log.match(/^container: (\d+)$/m)?.[1] ?? "";
  const inside = (command: readonly string[]): readonly string[] => {
    const user = asRoot.length > 0 ? ["--user", "--preserve-credentials"] : [];
    return ["--target", init(), ...user, ...namespaces, "--root", "--wd=/", "env", "-i", `PATH=${PATH}`, ...command];
  };
  return {
    log: () => log,
    run: async (...command) => (await promisify(execFile)("nsenter", inside(command))).stdout,
    terminate: () => process.kill(Number(init()), "SIGTERM"),
    ended,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the log holds a text, and gives the line it stands in. */
export async function logLine(container: Container, text: string): Promise<string> {
  return vi.waitFor(
    () => {
      const line = container
        .log()
        .split("\n")
        .find((candidate) => candidate.includes(text));
      if (line === undefined) throw new Error(`no line with '${text}' in:\n${container.log()}`);
      return line;
    },
    { timeout: 20_000, interval: 20 },
  );
}

const PATH = "/command:/usr/sbin:/usr/bin:/sbin:/bin";
