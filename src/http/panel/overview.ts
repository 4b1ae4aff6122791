import { basename } from "node:path";
import type { ClientInfo } from "../../core/api/clients.ts";
import type { ProblemInfo } from "../../core/api/problems.ts";
import type { Overview } from "../../core/api/system.ts";
import type { BriefFigures } from "../../core/figures.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { bridgesOf, type BridgeRoutesDeps } from "./bridges.ts";
import { certificatesOf } from "./certificates.ts";
import { read, type Route } from "./route.ts";
import type { TrafficHistory } from "./traffic-history.ts";

export interface OverviewDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly hasHomeAssistant: boolean;
  readonly current: () => Snapshot;
  readonly bridges: BridgeRoutesDeps["states"];
  readonly figures: () => BriefFigures;
  /** What all clients are together. */
  readonly survey: () => {
    readonly away: Pick<Overview["devices"], "asleep" | "overdue" | "refused">;
    /** Home Assistant itself; null: it is not connected. */
    readonly homeAssistant: ClientInfo | null;
    readonly talkers: Overview["talkers"];
    readonly hasDevices: boolean;
  };
  readonly history: Pick<TrafficHistory, "messages" | "writesPerHour">;
  /** Retained messages of devices that probably nobody uses. */
  readonly unused: () => number;
  /** The worst first; those that are muted are left out. */
  readonly problems: () => readonly ProblemInfo[];
  readonly now: () => number;
}

const SHOWN_PROBLEMS = 3;

/** Everything that the first page shows. */
export function overviewRoutes(overview: () => Overview): readonly Route[] {
  return [read("/overview", { summary: "Everything that the first page shows", answer: "Overview" }, overview)];
}

/** Puts it together from what the others tell. */
export function overviewOf(deps: OverviewDeps): Overview {
  const { current, figures, history, problems, now } = deps;
  const { away, homeAssistant: own, talkers, hasDevices } = deps.survey();
  const { connections, retained } = figures();
  const found = problems();
  return {
    version: deps.version,
    startedAt: new Date(deps.startedAtMs).toISOString(),
    homeAssistant: deps.hasHomeAssistant ? homeAssistantOf(own) : { connected: null },
    devices: { connected: connections, ...away },
    messages: history.messages(),
    talkers,
    retained: { ...retained, probablyUnused: deps.unused() },
    problems: { total: found.length, top: found.slice(0, SHOWN_PROBLEMS) },
    bridges: bridgesOf({ current, states: deps.bridges }),
    certificates: certificatesOf({ current, now }),
    memoryBytes: process.memoryUsage.rss(),
    writesPerHour: history.writesPerHour(),
    rules: rulesOf(current()),
    checklist: [
      ...(deps.hasHomeAssistant ? [{ step: "ha", done: own !== null } as const] : []),
      { step: "device", done: hasDevices },
      { step: "acl", done: hasRules(current()) },
    ],
  };
}

function homeAssistantOf(own: ClientInfo | null): Overview["homeAssistant"] {
  if (own === null) return { connected: false };
  const { since, user, protocol, in: received, out: sent } = own;
  const perMin = received.perMin + sent.perMin;
  return {
    connected: true,
    since,
    ...(user === null ? {} : { user }),
    perMin,
    ...(protocol === null ? {} : { protocol }),
  };
}

function hasRules({ settings, dynsec }: Snapshot): boolean {
  return settings.aclFile !== null || dynsec !== null;
}

/** Dynamic security changes by commands; what counts of it was read whole when the moment was built. */
function rulesOf({ acl, listenerFiles, dynsec, builtAtMs }: Snapshot): Overview["rules"] {
  const loaded = [acl, ...[...listenerFiles.values()].map((files) => files.acl)].filter((file) => file !== null);
  const atMs = loaded.length === 0 ? builtAtMs : Math.max(...loaded.map(({ loadedAtMs }) => loadedAtMs));
  const files = [...loaded.map(({ path }) => basename(path)), ...(dynsec === null ? [] : [dynsec.file])];
  return { loadedAt: new Date(atMs).toISOString(), files: [...new Set(files)] };
}
