import { join } from "node:path";
import { launch, save } from "./culex.ts";
import { freePort } from "./free-port.ts";
import { startMosquittoIn } from "./mosquitto-broker.ts";
import { tempFolder } from "./temp.ts";

/** The broker that ours is compared with, on a free port of 127.0.0.1; `conf` are the lines below its listener. */
export async function startMosquitto(conf: string): Promise<number> {
  return (await startMosquittoIn(tempFolder(), [conf])).port;
}

/** Ours, stand-alone, with the same lines. */
export async function startCulex(conf: string): Promise<number> {
  const file = join(tempFolder(), "mosquitto.conf");
  save(file, `listener ${await freePort()} 127.0.0.1\n${conf}\n`);
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  return running.port("mqtt");
}
