import { join } from "node:path";
import { launch, save, type Running } from "./culex.ts";
import { freePort } from "./free-port.ts";
import { tempFolder } from "./temp.ts";

/** A broker of the command `culex run` whose folder has an auth.yaml. */
export interface AuthHouse {
  readonly running: Running;
  readonly port: number;
  readonly url: string;
  /** Writes auth.yaml anew. */
  write(auth: string): void;
}

/** Starts one on a free port; `secrets` is its secrets.yaml, and `conf` more lines of its conf file. */
export async function authHouse(auth: string, secrets = "", conf = ""): Promise<AuthHouse> {
  const port = await freePort();
  const folder = tempFolder();
  const write = (text: string): void => save(join(folder, "auth.yaml"), text);
  save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\n${conf}`);
  save(join(folder, "secrets.yaml"), secrets);
  write(auth);
  const running = launch(["src/main.ts", "run", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  return { running, port, url: `mqtt://127.0.0.1:${port}`, write };
}
