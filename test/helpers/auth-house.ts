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

/** Starts one on a free port; `secrets` is its secrets.yaml. */
export async function authHouse(auth: string, secrets = ""): Promise<AuthHouse> {
  const port = await freePort();
  const folder = tempFolder();
  const write = (text: string): void => save(join(folder, "auth.yaml"), text);
  save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\n`);
  save(join(folder, "secrets.yaml"), secrets);
  write(auth);
  const running = launch(["src/main.ts", "run", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  return { running, port, url: `mqtt://127.0.0.1:${port}`, write };
}
