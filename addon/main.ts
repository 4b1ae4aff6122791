import type { Logger } from "../src/core/logger.ts";
import { run } from "../src/run.ts";
import { readEnvironment } from "./environment.ts";
import { createHomeAssistantBackend } from "./login.ts";
import { createRegistration, type Registration } from "./registration.ts";
import { createSupervisor } from "./supervisor.ts";
import { loadSystemUsers } from "./system-users.ts";

const { spec, supervisor: access } = readEnvironment(process.env);
const supervisor = access === null ? null : createSupervisor(access);
const system = await loadSystemUsers(spec.environment.folders.data);
let registration: Registration | null = null;
const stopping = new AbortController();

await run(
  {
    spec,
    logFormat: process.env["CULEX_LOG_FORMAT"] === "json" ? "json" : "text",
    verbose: false,
    problems: system.problems,
    backends: (log: Logger) =>
      supervisor === null
        ? [system.backend]
        : [system.backend, createHomeAssistantBackend({ supervisor, log, signal: stopping.signal })],
  },
  {
    started(app) {
      if (supervisor === null) return;
      const port = spec.environment.ports.mqtt;
      if (port === null) {
        app.log.warn({}, "Port 1883 is switched off, so Home Assistant is not told of this broker.");
        return;
      }
      registration = createRegistration({
        supervisor,
        users: system.users,
        port: plainPort(app.addresses(), port),
        log: app.log,
      });
      registration.start();
    },
    async stopping() {
      stopping.abort();
      await registration?.stop();
    },
  },
);

/** The port that the plain MQTT listener really has. */
function plainPort(addresses: readonly string[], wanted: number): number {
  const address = addresses.find((url) => url.startsWith("mqtt://"));
  return address === undefined ? wanted : Number(address.slice(address.lastIndexOf(":") + 1));
}
