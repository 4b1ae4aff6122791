import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import type { ClientInfo } from "./core/api/clients.ts";
import type { ProblemInfo } from "./core/api/problems.ts";
import type { ClientInfo as Named, RecordEvent } from "./core/events.ts";
import { kept } from "./core/kept.ts";
import type { Logger } from "./core/logger.ts";
import { placeOf } from "./core/problem.ts";
import type { Problem } from "./core/types.ts";
import { bridgesOf, type BridgeRoutesDeps } from "./http/panel/bridges.ts";
import { certificatesOf } from "./http/panel/certificates.ts";
import { blockRoutes } from "./http/panel/blocks.ts";
import { clientRoutes } from "./http/panel/clients.ts";
import { configCards } from "./http/panel/config-cards.ts";
import { problemRoutes } from "./http/panel/problems.ts";
import type { Route } from "./http/panel/route.ts";
import { createClients } from "./monitor/clients/clients.ts";
import type { Survey } from "./monitor/clients/survey.ts";
import { openMutes } from "./monitor/problems/mutes.ts";
import { createNamesake } from "./monitor/problems/namesake.ts";
import { createProblems } from "./monitor/problems/problems.ts";
import { bridgeCards, certificateCards } from "./monitor/problems/standing.ts";
import { listedUsers } from "./snapshot/listed-users.ts";
import type { Snapshot } from "./snapshot/types.ts";
import { unreadableTest } from "./snapshot/unreadable.ts";

export interface MonitorDeps {
  /** Where is kept what is muted; null: nowhere. */
  readonly folder: string | null;
  readonly broker: Pick<Broker, "clients">;
  /** Shows what happens to somebody from now on; null: to nobody. */
  readonly listen: (record: RecordEvent | null) => void;
  readonly current: () => Snapshot;
  /** Every fault of the configuration that is known now. */
  readonly problems: () => readonly Problem[];
  readonly bridges: BridgeRoutesDeps["states"];
  readonly startedAtMs: number;
  /** Users of Home Assistant itself, in lower case. */
  readonly reservedUsers: readonly string[];
  /** Reads the configuration again; `cause` is named in the log. */
  readonly reload: (cause: string) => Promise<void>;
  readonly log: Logger;
  readonly now: () => number;
}

/** What the panel shows of devices and their problems, and what it does to them. */
export interface MonitorDesk {
  /** Those to be told as they change; where there are too many, those that were heard of last. */
  clients(): readonly ClientInfo[];
  /** How many there are in all; null: those are all. */
  clientCount(): number | null;
  survey(): Survey;
  /** The worst first; those that are muted too. */
  problems(): readonly ProblemInfo[];
  readonly routes: readonly Route[];
  stop(): void;
  /** Ends when everything is on the disk. */
  close(): Promise<void>;
}

/** Reading certificates takes longer than looking at all else; those of one moment change their days alone. */
const CERTIFICATES_MS = 60_000;

/** Begins to remember what happens to devices. */
export async function openMonitor(deps: MonitorDeps): Promise<MonitorDesk> {
  const { folder, broker, listen, current, bridges, startedAtMs, log, now } = deps;
  const mutes = await openMutes(folder === null ? null : join(folder, "panel-mutes.json"), log);
  const blockedBy = (client: Named): string | null => {
    const { bans } = current();
    const where = bans.of(client, now())?.where;
    if (where === undefined) return null;
    return bans.loaded?.value.find(({ origin }) => origin.line === where.line)?.by ?? placeOf(where);
  };
  const certificates = kept(
    () => certificateCards(certificatesOf({ current, now }), startedAtMs),
    CERTIFICATES_MS,
    now,
    current,
  );
  const asFiles = { reservedUsers: [], optionsFile: null, areOptionsWritable: false };
  const users = kept(() => listedUsers(current(), asFiles).map(({ name }) => name), Infinity, now, current);
  const problems = createProblems({
    decide: broker.clients.decide,
    isBlocked: (client) => blockedBy(client) !== null,
    standing: () => [
      ...configCards(deps.problems(), current().builtAtMs),
      ...bridgeCards(bridgesOf({ current, states: bridges }), startedAtMs),
      ...certificates(),
    ],
    namesake: createNamesake(users),
    mutes,
    now,
  });
  const clients = createClients({
    facts: broker.clients,
    isTls: (listener) => current().settings.listeners.some(({ name, tls }) => name === listener && tls !== null),
    blockedBy,
    problems: problems.perClient,
    now,
  });
  listen((event) => {
    clients.record(event);
    problems.record(event);
  });
  return {
    clients: clients.latest,
    clientCount: clients.count,
    survey: clients.survey,
    problems: problems.list,
    routes: [
      ...clientRoutes({
        clients,
        desk: broker.clients,
        unreadable(clientId) {
          const identity = broker.clients.identity(clientId);
          return identity === null ? () => false : unreadableTest(current(), identity);
        },
      }),
      ...blockRoutes({ ...deps, clients: clients.list, changed: () => void deps.reload("a block in the panel") }),
      ...problemRoutes({ problems, now }),
    ],
    stop() {
      listen(null);
      clients.stop();
      problems.stop();
    },
    close: mutes.close,
  };
}
