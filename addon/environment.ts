import { existsSync } from "node:fs";
import { join } from "node:path";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";
import type { Environment, Ports } from "../src/settings/types.ts";
import type { SourceSpec } from "../src/snapshot/types.ts";

/** The Supervisor's address and this app's token; null outside Home Assistant. */
export interface SupervisorAccess {
  readonly url: string;
  readonly token: string;
}

/** Reads the variables of the container; see README for the list. */
export function readEnvironment(env: NodeJS.ProcessEnv): {
  readonly spec: SourceSpec;
  readonly supervisor: SupervisorAccess | null;
} {
  const token = env["SUPERVISOR_TOKEN"] ?? "";
  const folders = {
    data: env["CULEX_DATA_DIR"] ?? "/data",
    share: env["CULEX_SHARE_DIR"] ?? "/share",
    ssl: env["CULEX_SSL_DIR"] ?? "/ssl",
  };
  const environment: Environment = {
    kind: "add-on",
    folders,
    ports: parsePorts(env["CULEX_PORTS"] ?? "1883,1884,8883,8884"),
    host: env["CULEX_HOST"] ?? "::",
    reservedUsers: HOME_ASSISTANT_USERS,
    hasHomeAssistant: token !== "",
  };
  return {
    spec: { environment, optionsFile: optionsFile(folders.data), confFile: null },
    supervisor: token === "" ? null : { url: env["SUPERVISOR_URL"] ?? "http://supervisor", token },
  };
}

/** The Supervisor writes options.json; outside Home Assistant the same options may be YAML. */
function optionsFile(folder: string): string {
  const yaml = ["options.yaml", "options.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
  const json = join(folder, "options.json");
  return yaml === undefined || existsSync(json) ? json : yaml;
}

/**
 * Parses "1883,1884,8883,8884": MQTT, WebSocket, and both with TLS; 0 is a free port, an empty place none.
 * @throws Error when a place is not a port.
 */
function parsePorts(text: string): Ports {
  const [mqtt, ws, mqtts, wss] = text.split(",").map((place) => parsePort(place.trim(), text));
  return { mqtt: mqtt ?? null, ws: ws ?? null, mqtts: mqtts ?? null, wss: wss ?? null };
}

function parsePort(place: string, text: string): number | null {
  if (place === "") return null;
  const port = Number(place);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`CULEX_PORTS '${text}': '${place}' is no port`);
  return port;
}
