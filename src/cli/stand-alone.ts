import { resolve } from "node:path";
import { run } from "../run.ts";
import type { Signals } from "../signals.ts";
import type { SourceSpec } from "../snapshot/types.ts";
import type { RunCommand } from "./command.ts";

/** Runs the broker outside Home Assistant; gives the exit code. */
export function runStandAlone(command: RunCommand, signals: Signals): Promise<number> {
  const { logFormat, verbose } = command;
  return run(signals, () => ({ spec: standAlone(command), logFormat, verbose, problems: [], backends: () => [] }));
}

/** What a broker outside Home Assistant is made of: a mosquitto.conf, or nothing at all. */
export function standAlone(from: { readonly confFile: string | null; readonly port: number | null }): SourceSpec {
  return {
    environment: {
      kind: "stand-alone",
      folders: { data: "/data", share: "/share", ssl: "/ssl" },
      ports: { mqtt: from.port, ws: null, mqtts: null, wss: null },
      host: "::",
      reservedUsers: [],
      hasHomeAssistant: false,
    },
    optionsFile: null,
    confFile: from.confFile === null ? null : resolve(from.confFile),
  };
}
