import { join } from "node:path";
import { launch, save } from "../../helpers/culex.ts";
import { freePort } from "../../helpers/free-port.ts";
import { tempFolder } from "../../helpers/temp.ts";

/** A broker that others' clients are let loose on. */
export interface Site {
  readonly port: number;
  /** Stops it and starts it again with what it has stored. */
  restart(): Promise<void>;
}

/** Starts a broker that keeps sessions, lets everybody in, and allows a keep alive of 60 s at most. */
export async function startSite(): Promise<Site> {
  const folder = tempFolder();
  const port = await freePort();
  const conf = join(folder, "mosquitto.conf");
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "max_keepalive 60"];
  save(conf, [...lines, "persistence true", `persistence_location ${folder}/`, ""].join("\n"));
  const start = async () => {
    const running = launch(["src/main.ts", "-c", conf]);
    await running.line(/ ready: /);
    return running;
  };
  let running = await start();
  return {
    port,
    async restart() {
      await running.stop();
      running = await start();
    },
  };
}
