import { resolve } from "node:path";
import type { Backend } from "../auth/backend.ts";
import { backends } from "../auth/registry.ts";
import { ConfigError } from "../core/errors.ts";
import { createLogger } from "../core/logger.ts";
import { ignore } from "../core/reasons.ts";
import type { Problem } from "../core/types.ts";
import { counted } from "../core/words.ts";
import { HOME_ASSISTANT_USERS } from "../settings/reserved-users.ts";
import type { ConfFile } from "../settings/types.ts";
import { build } from "../snapshot/build.ts";
import { readSources } from "../snapshot/sources.ts";
import type { SourceSpec } from "../snapshot/types.ts";
import { carryOver, problemLine } from "./carry-over.ts";
import type { CheckCommand } from "./command.ts";
import { standAlone } from "./stand-alone.ts";

/**
 * Reads the configuration as the broker would and prints every problem, and of a conf file also which lines are carried
 * out. Gives the exit code 0, 1 or 2.
 */
export async function check(command: CheckCommand): Promise<0 | 1 | 2> {
  const { conf, problems } = await read(specOf(command));
  const texts = command.listsLines && conf !== null ? carryOver(conf, problems) : problems.map(problemLine);
  for (const text of texts) process.stdout.write(`${text}\n`);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  process.stdout.write(
    problems.length === 0
      ? "Configuration is OK.\n"
      : `${counted(errors, "error")}, ${counted(warnings, "warning")}.\n`,
  );
  return errors > 0 ? 2 : warnings > 0 ? 1 : 0;
}

interface Found {
  /** null: it cannot be read. */
  readonly conf: readonly ConfFile[] | null;
  readonly problems: readonly Problem[];
}

async function read(spec: SourceSpec): Promise<Found> {
  try {
    const silent = createLogger(() => ({ types: new Set(), sinks: [] }));
    const sources = await readSources(spec, null);
    const snapshot = build(sources, null, {
      backends: [...backends, absent("system-users"), absent("home-assistant")],
      context: { log: silent, now: Date.now, verify: async () => false, digest: (text) => text },
      reservedUsers: spec.environment.reservedUsers,
      stageTimeoutMs: 0,
    });
    return { conf: sources.conf, problems: snapshot.problems };
  } catch (error) {
    if (error instanceof ConfigError) return { conf: null, problems: error.problems };
    throw error;
  }
}

/** A login source that only the running app has; it has no settings that could be wrong. */
function absent(type: string): Backend {
  const answer = ignore(type, { kind: "unknown_user", sentence: "not asked by check" });
  return { type, create: () => ({ name: type, authenticate: () => answer }) };
}

function specOf({ confFile, optionsFile, share, ssl, data }: CheckCommand): SourceSpec {
  const folders = { data: resolve(data), share: resolve(share), ssl: resolve(ssl) };
  if (optionsFile === null) {
    const spec = standAlone({ confFile, port: null });
    return { ...spec, environment: { ...spec.environment, folders } };
  }
  return {
    environment: {
      kind: "add-on",
      folders,
      ports: { mqtt: 1883, ws: 1884, mqtts: 8883, wss: 8884 },
      host: "::",
      reservedUsers: HOME_ASSISTANT_USERS,
      hasHomeAssistant: true,
    },
    optionsFile: resolve(optionsFile),
    confFile: null,
  };
}
