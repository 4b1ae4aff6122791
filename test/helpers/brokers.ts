import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { launch, save } from "./culex.ts";
import { freePort } from "./free-port.ts";
import { tempFolder } from "./temp.ts";

/** The broker that ours is compared with, on a free port of 127.0.0.1; `conf` are the lines below its listener. */
export async function startMosquitto(conf: string): Promise<number> {
  const port = await freePort();
  const file = join(tempFolder(), "mosquitto.conf");
  save(file, `listener ${port} 127.0.0.1\n${conf}\n`);
  const child = spawn("mosquitto", ["-c", file], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  while (!(await accepts(port))) await wait(20);
  return port;
}

/** Ours, stand-alone, with the same lines. */
export async function startCulex(conf: string): Promise<number> {
  const file = join(tempFolder(), "mosquitto.conf");
  save(file, `listener ${await freePort()} 127.0.0.1\n${conf}\n`);
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  return running.port("mqtt");
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
