import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { freePort } from "./free-port.ts";
import { tempFolder } from "./temp.ts";

/** A real mosquitto. */
export interface MosquittoBroker {
  readonly port: number;
  /** Ends it as a service manager would. */
  stop(): Promise<void>;
}

/** Starts mosquitto on a free port of 127.0.0.1; `lines` are those below its listener, `folder` is for its conf file. */
export async function startMosquittoIn(folder: string, lines: readonly string[]): Promise<MosquittoBroker> {
  const port = await freePort();
  const conf = join(folder, "mosquitto.conf");
  const user = process.getuid?.() === 0 ? ["user root"] : [];
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, ...user, ...lines, ""].join("\n"));
  const child = spawn("mosquitto", ["-c", conf], {
    // Debian keeps it where only root looks
    env: { ...process.env, PATH: `${process.env["PATH"]}${delimiter}/usr/sbin` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  await vi.waitFor(() => expect(log).toMatch(/ running\n/), { timeout: 10_000, interval: 20 });
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Starts a mosquitto that writes its state to `database` in its folder when it stops. */
export async function startLasting(
  folder = tempFolder(),
  lines: readonly string[] = ["allow_anonymous true"],
): Promise<MosquittoBroker & { readonly database: string }> {
  const database = join(folder, "mosquitto.db");
  const mosquitto = await startMosquittoIn(folder, ["persistence true", `persistence_location ${folder}/`, ...lines]);
  return {
    port: mosquitto.port,
    database,
    async stop() {
      await mosquitto.stop();
      expect(existsSync(database)).toBe(true);
    },
  };
}
