import { resolve } from "node:path";
import type { Backend } from "../auth/backend.ts";
import { backends } from "../auth/registry.ts";
import { createStageKeeper } from "../auth/stage-keeper.ts";
import { createLogger } from "../core/logger.ts";
import { ignore } from "../core/reasons.ts";
import { HOME_ASSISTANT_USERS } from "../settings/reserved-users.ts";
import { build } from "../snapshot/build.ts";
import { readSources } from "../snapshot/sources.ts";
import type { Snapshot, Sources, SourceSpec } from "../snapshot/types.ts";
import { standAlone } from "./stand-alone.ts";

/** Where a command finds the configuration: one of the two files, and the app's folders. */
export interface Places {
  readonly confFile: string | null;
  readonly optionsFile: string | null;
  readonly share: string;
  readonly ssl: string;
  readonly data: string;
}

interface Moment {
  readonly sources: Sources;
  readonly snapshot: Snapshot;
}

/**
 * Reads the configuration as the broker would at its start, and changes nothing.
 * @throws ConfigError when a conf file cannot be read.
 */
export async function readMoment(places: Places): Promise<Moment> {
  const spec = specOf(places);
  const silent = createLogger(() => ({ types: new Set(), sinks: [] }));
  const sources = await readSources(spec, null);
  const snapshot = build(sources, null, {
    backends: [...backends, absent("system-users"), absent("home-assistant")],
    context: { log: silent, now: Date.now, verify: async () => false, digest: (text) => text },
    reservedUsers: spec.environment.reservedUsers,
    stageTimeoutMs: 0,
    keeper: createStageKeeper(silent),
  });
  return { sources, snapshot };
}

/** Names that are kept for the system, which may do everything. */
export function reservedIn(places: Places): readonly string[] {
  return specOf(places).environment.reservedUsers;
}

/** A login source that only the running app has; it has no settings that could be wrong. */
function absent(type: string): Backend {
  const answer = ignore(type, { kind: "unknown_user", sentence: "not asked by a command" });
  return { type, create: () => ({ name: type, authenticate: () => answer }) };
}

function specOf({ confFile, optionsFile, share, ssl, data }: Places): SourceSpec {
  const folders = { data: resolve(data), share: resolve(share), ssl: resolve(ssl) };
  if (optionsFile === null) {
    const spec = standAlone({ confFile, port: null });
    return { ...spec, environment: { ...spec.environment, folders } };
  }
  return {
    environment: {
      kind: "add-on",
      folders,
      ports: { mqtt: 1883, ws: 1884, mqtts: 8883, wss: 8884, http: 8080 },
      host: "::",
      reservedUsers: HOME_ASSISTANT_USERS,
      hasHomeAssistant: true,
    },
    optionsFile: resolve(optionsFile),
    confFile: null,
  };
}
