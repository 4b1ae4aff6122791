import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { coreUser } from "../../helpers/core-websocket.ts";
import { layOut, startAddon, type Folders, type Running } from "../../helpers/culex.ts";
import { startSupervisor, type FakeSupervisor } from "../../helpers/supervisor.ts";
import { ADMIN, startHouse, type House, type Someone } from "./house.ts";

/** The real app in the stand-in house: devices at `mqtt`, people at the house's page. */
export interface App {
  readonly house: House;
  /** "mqtt://127.0.0.1:4711" */
  readonly mqtt: string;
  readonly folders: Folders;
  readonly running: Running;
  readonly supervisor: FakeSupervisor;
  /** Logs in as Home Assistant does. */
  readonly homeAssistant: { readonly username: string; readonly password: string };
}

interface Surroundings {
  /** Who opens the page; missing: an administrator. */
  readonly someone?: Someone;
  /** Whether there is a port for TLS too. */
  readonly hasTls?: boolean;
}

/** Starts the app on free ports with these files in its folders, as the Supervisor does. */
export async function startApp(
  files: Readonly<Record<string, string>> = {},
  { someone = ADMIN, hasTls = false }: Surroundings = {},
): Promise<App> {
  const supervisor = await startSupervisor();
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser(ADMIN.id)];
  const folders = layOut({ "data/options.json": "{}", ...files });
  const running = await startAddon(folders, supervisor, {
    CULEX_PORTS: hasTls ? "0,,0,,,0,0" : "0,,,,,0,0",
    // Ingress comes from the house, which is on this machine.
    CULEX_INGRESS_PEER: "127.0.0.1",
  });
  const port = Number(/:(\d+)\/,/.exec(await running.line(/The panel is at /))?.[1]);
  const users: Record<string, { readonly password: string }> = JSON.parse(
    readFileSync(join(folders.data, "system_user.json"), "utf8"),
  );
  return {
    house: await startHouse({ port }, someone),
    mqtt: `mqtt://127.0.0.1:${running.port("mqtt")}`,
    folders,
    running,
    supervisor,
    homeAssistant: { username: "homeassistant", password: users["homeassistant"]?.password ?? "" },
  };
}
