import { resolve } from "node:path";
import type { SourceSpec } from "../snapshot/types.ts";

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
