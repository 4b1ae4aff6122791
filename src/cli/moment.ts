import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Backend } from "../auth/backend.ts";
import { backends } from "../auth/registry.ts";
import { createStageKeeper } from "../auth/stage-keeper.ts";
import { codeOf, ConfigError, messageOf } from "../core/errors.ts";
import { createLogger } from "../core/logger.ts";
import { ignore } from "../core/reasons.ts";
import { parseOptions } from "../settings/options.ts";
import { HOME_ASSISTANT_USERS } from "../settings/reserved-users.ts";
import type { Environment } from "../settings/types.ts";
import { build } from "../snapshot/build.ts";
import { readSources } from "../snapshot/sources.ts";
import type { Snapshot, Sources, SourceSpec } from "../snapshot/types.ts";
import { standAlone } from "./stand-alone.ts";

/** Where a command finds the configuration: one of the two files, or a folder alone, and the app's folders. */
export interface Places {
  readonly confFile: string | null;
  readonly optionsFile: string | null;
  /** Read as the app reads the folder of its option "customize", with all other options as they come. */
  readonly folder?: string;
  readonly share: string;
  readonly ssl: string;
  readonly data: string;
}

interface Moment {
  readonly sources: Sources;
  readonly snapshot: Snapshot;
  /** Ends what its login sources have opened. A command leaves that to its end. */
  readonly close: () => Promise<void>;
}

/**
 * Reads the configuration as the broker would at its start, and changes nothing.
 * @throws ConfigError when a conf file cannot be read, or there is no such folder.
 */
export async function readMoment(places: Places): Promise<Moment> {
  if (places.folder !== undefined) await expectFolder(places.folder);
  return readMomentOf(specOf(places));
}

/** The same for a place that is known already; `instead` has texts that count in the place of what files say. */
export async function readMomentOf(spec: SourceSpec, instead?: ReadonlyMap<string, string>): Promise<Moment> {
  const silent = createLogger(() => ({ types: new Set(), sinks: [] }));
  const keeper = createStageKeeper(silent);
  const sources = await readSources(spec, null, undefined, instead);
  const snapshot = build(sources, null, {
    backends: [...backends, absent("system-users"), absent("home-assistant")],
    context: { log: silent, now: Date.now, verify: async () => false, digest: (text) => text },
    reservedUsers: spec.environment.reservedUsers,
    stageTimeoutMs: 0,
    keeper,
  });
  return { sources, snapshot, close: keeper.stop };
}

/** The app goes on without its folder, and with nothing to forbid: an answer for a misspelt one would mislead. */
async function expectFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (error) {
    throw new ConfigError([
      {
        severity: "error",
        what: `The folder "${folder}" cannot be read (${codeOf(error) ?? messageOf(error)}).`,
        now: "Nothing was read.",
        fix: "Name the folder with the conf files.",
      },
    ]);
  }
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

function specOf({ confFile, optionsFile, folder, share, ssl, data }: Places): SourceSpec {
  const folders = { data: resolve(data), share: resolve(share), ssl: resolve(ssl) };
  if (folder !== undefined) return folderSpec(resolve(folder), folders);
  if (optionsFile === null) {
    const spec = standAlone({ confFile, port: null });
    return { ...spec, environment: { ...spec.environment, folders } };
  }
  return { environment: appWith(folders), optionsFile: resolve(optionsFile), confFile: null };
}

/** @throws ConfigError when the option "customize" could not have that folder. */
function folderSpec(path: string, folders: Environment["folders"]): SourceSpec {
  const environment = appWith({ ...folders, share: dirname(path) });
  const text = JSON.stringify({ customize: { active: true, folder: basename(path) } });
  const { options, problems } = parseOptions(text, "--folder", environment);
  if (options === null || problems.length > 0) throw new ConfigError(problems);
  return { environment, optionsFile: null, options, confFile: null };
}

function appWith(folders: Environment["folders"]): Environment {
  return {
    kind: "add-on",
    folders,
    ports: { mqtt: 1883, ws: 1884, mqtts: 8883, wss: 8884, http: 8080 },
    host: "::",
    reservedUsers: HOME_ASSISTANT_USERS,
    hasHomeAssistant: true,
  };
}
