import { join } from "node:path";
import type { App, AppContext } from "../src/app.ts";
import type { OptionStore } from "../src/core/option-store.ts";
import { run } from "../src/run.ts";
import type { Signals } from "../src/signals.ts";
import type { SourceSpec } from "../src/snapshot/types.ts";
import { readEnvironment } from "./environment.ts";
import { createAskAdmins } from "./core-users.ts";
import { ingressVisitors } from "./ingress.ts";
import { createHomeAssistantBackend } from "./login.ts";
import { createOptionStore } from "./option-store.ts";
import { createRegistration, type Registration } from "./registration.ts";
import type { Supervisor } from "./supervisor.ts";
import { loadSystemUsers, type SystemUsers } from "./system-users.ts";

/** Runs the broker as Home Assistant's app; gives the exit code. */
export function runAddon(env: NodeJS.ProcessEnv, signals: Signals): Promise<number> {
  const stopping = new AbortController();
  let registration: Registration | null = null;

  async function makeContext(): Promise<AppContext> {
    const { spec, supervisor, ingress } = readEnvironment(env);
    const system = await loadSystemUsers(spec.environment.folders.data);
    return {
      spec,
      logFormat: env["CULEX_LOG_FORMAT"] === "json" ? "json" : "text",
      verbose: false,
      importFrom: join(spec.environment.folders.share, "mosquitto", "mosquitto.db"),
      dynsecPassword: env["MOSQUITTO_DYNSEC_PASSWORD"] ?? null,
      visitors:
        ingress === null
          ? null
          : (log) => ingressVisitors({ askAdmins: createAskAdmins(ingress), peer: ingress.peer, log, now: Date.now }),
      options: optionsOf(spec, supervisor),
      problems: system.problems,
      backends: (log) =>
        supervisor === null
          ? [system.backend]
          : [system.backend, createHomeAssistantBackend({ supervisor, log, signal: stopping.signal })],
      settled: supervisor === null ? () => undefined : announcer(supervisor, system),
    };
  }

  /** YAML has comments that would be lost. */
  function optionsOf({ optionsFile: file }: SourceSpec, supervisor: Supervisor | null): OptionStore | null {
    if (file === null || !file.endsWith(".json")) return null;
    return createOptionStore({ file, supervisor, signal: stopping.signal });
  }

  /** Tells Home Assistant of the broker once its plain port is open, and says so when it is not. */
  function announcer(supervisor: Supervisor, { users }: SystemUsers): (app: App) => void {
    let isWarned = false;
    return ({ log, portOf }) => {
      if (registration !== null) return;
      const port = portOf(PLAIN_LISTENER);
      if (port !== null) {
        registration = createRegistration({ supervisor, users, port, log });
        registration.start();
      } else if (!isWarned) {
        isWarned = true;
        log.warn({}, NOT_ANNOUNCED);
      }
    };
  }

  return run(signals, makeContext, async () => {
    stopping.abort();
    await registration?.stop();
  });
}

/** The app's own plain MQTT listener, as settings name it; TLS cannot be told to Home Assistant. */
const PLAIN_LISTENER = "1883";

const NOT_ANNOUNCED =
  "Port 1883 is not open, so Home Assistant and its apps are not told of this broker. They are told when it opens. Free the port, or switch it on under Network.";
