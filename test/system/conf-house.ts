import { join } from "node:path";
import { launch, save, type Running } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";

/** A broker whose conf file is written anew, and in force, as often as a test likes. */
export interface ConfHouse extends Running {
  readonly folder: string;
  /** Saves this text; by SIGHUP it is in force when this is over. Gives the line that says so. */
  put(conf: string): Promise<string>;
}

/** Starts the broker with this conf file, and gives it when it listens. */
export async function confHouse(conf: string, folder = tempFolder()): Promise<ConfHouse> {
  const path = join(folder, "mosquitto.conf");
  save(path, conf);
  const running = launch(["src/main.ts", "-c", path]);
  await running.line(/ ready: /);
  let generation = 1;
  return {
    ...running,
    folder,
    async put(text) {
      save(path, text);
      running.signal("SIGHUP");
      generation++;
      return running.line(new RegExp(`generation ${generation} is live`));
    },
  };
}
