import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, messageOf } from "../src/core/errors.ts";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";
import type { Environment, Ports } from "../src/settings/types.ts";
import type { SourceSpec } from "../src/snapshot/types.ts";
import { INGRESS_PEER } from "./ingress.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";

/**
 * Reads the variables of the container; see README for the list.
 * @throws ConfigError when one cannot be used.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): {
  readonly spec: SourceSpec;
  /** null outside Home Assistant. */
  readonly supervisor: Supervisor | null;
  /** How the panel is reached and who may use it; null outside Home Assistant. */
  readonly ingress: { readonly url: string; readonly token: string; readonly peer: string } | null;
} {
  const token = env["SUPERVISOR_TOKEN"] ?? "";
  const url = env["SUPERVISOR_URL"] ?? "http://supervisor";
  const folders = {
    data: env["CULEX_DATA_DIR"] ?? "/data",
    share: env["CULEX_SHARE_DIR"] ?? "/share",
    ssl: env["CULEX_SSL_DIR"] ?? "/ssl",
  };
  const environment: Environment = {
    kind: "add-on",
    folders,
    ports: parsePorts(env["CULEX_PORTS"] ?? "1883,1884,8883,8884,8080,8099,9234"),
    host: env["CULEX_HOST"] ?? "::",
    reservedUsers: HOME_ASSISTANT_USERS,
    hasHomeAssistant: token !== "",
  };
  return {
    spec: { environment, optionsFile: optionsFile(folders.data), confFile: null },
    supervisor: token === "" ? null : supervisorAt(url, token),
    ingress: token === "" ? null : { url, token, peer: env["CULEX_INGRESS_PEER"] ?? INGRESS_PEER },
  };
}

/** The Supervisor writes options.json; outside Home Assistant the same options may be YAML. */
function optionsFile(folder: string): string {
  const yaml = ["options.yaml", "options.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
  const json = join(folder, "options.json");
  return yaml === undefined || existsSync(json) ? json : yaml;
}

function supervisorAt(url: string, token: string): Supervisor {
  try {
    return createSupervisor({ url, token });
  } catch (error) {
    // Its text names neither the token nor what else stood in the address.
    throw unusable(
      `The Supervisor cannot be asked: ${messageOf(error)}.`,
      "Set SUPERVISOR_URL and SUPERVISOR_TOKEN right.",
    );
  }
}

function unusable(what: string, fix: string): ConfigError {
  return new ConfigError([{ severity: "error", what, now: "The broker does not start.", fix }]);
}

/**
 * Parses "1883,1884,8883,8884,8080,8099,9234": MQTT, WebSocket, both with TLS, HTTP, the panel, and metrics; 0 is a free
 * port, an empty or missing place none.
 */
function parsePorts(text: string): Ports {
  const [mqtt, ws, mqtts, wss, http, panel, metrics] = text.split(",").map((place) => parsePort(place.trim(), text));
  return {
    mqtt: mqtt ?? null,
    ws: ws ?? null,
    mqtts: mqtts ?? null,
    wss: wss ?? null,
    http: http ?? null,
    panel: panel ?? null,
    metrics: metrics ?? null,
  };
}

function parsePort(place: string, text: string): number | null {
  if (place === "") return null;
  const port = Number(place);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw unusable(
      `CULEX_PORTS "${text}": "${place}" is no port.`,
      "Write up to seven numbers, such as 1883,1884,8883,8884,8080,8099,9234; 0 is a free port.",
    );
  return port;
}
