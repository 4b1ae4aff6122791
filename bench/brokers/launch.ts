import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transport } from "../target.ts";
import { type BrokerName, type RunningBroker, startBroker } from "./broker.ts";
import { writeConfiguration } from "./configuration.ts";

export interface LaunchOptions {
  /** The checkout whose Culex is measured. */
  readonly checkout: string;
  /** Where Culex leaves a CPU profile when it ends; null: nowhere. */
  readonly profiles: string | null;
  /** Whether it keeps what it knows in a file. Missing: it forgets all when it ends. */
  readonly isPersistent?: boolean;
}

/** Starts a broker with a configuration of its own; null when it is not there, or was built without the transport. */
export async function launch(
  name: BrokerName,
  transport: Transport,
  options: LaunchOptions,
): Promise<RunningBroker | null> {
  if (name !== "culex" && !hasMosquitto()) return null;
  const folder = mkdtempSync(join(tmpdir(), "culex-bench-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const port = await freePort();
  const conf = writeConfiguration(folder, {
    port,
    transport,
    extra: [...extraLines(name), ...storeLines(folder, options)],
  });
  const running = await startBroker({ ...commandOf(name, conf, options), port, folder });
  if (running === null) {
    remove();
    return null;
  }
  return {
    ...running,
    async stop() {
      await running.stop();
      remove();
    },
  };
}

/** Whether mosquitto is installed. */
export function hasMosquitto(): boolean {
  return spawnSync("mosquitto", ["-h"], { stdio: "ignore" }).error === undefined;
}

function extraLines(name: BrokerName): readonly string[] {
  switch (name) {
    case "culex":
      return [];
    case "mosquitto":
      return [...asRoot()];
    case "mosquitto-nodelay":
      return [...asRoot(), "set_tcp_nodelay true"];
  }
}

function storeLines(folder: string, { isPersistent = false }: LaunchOptions): readonly string[] {
  return isPersistent ? ["persistence true", `persistence_location ${folder}/`] : [];
}

/** Started by root it would become a user that cannot read its files. */
function asRoot(): readonly string[] {
  return process.getuid?.() === 0 ? ["user root"] : [];
}

function commandOf(
  name: BrokerName,
  conf: string,
  { checkout, profiles }: LaunchOptions,
): { readonly command: string; readonly args: readonly string[] } {
  if (name !== "culex") return { command: "mosquitto", args: ["-c", conf] };
  const profiling = profiles === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
  return { command: process.execPath, args: [...profiling, join(checkout, "src", "main.ts"), "-c", conf] };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
