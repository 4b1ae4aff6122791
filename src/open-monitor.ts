import type { Broker } from "./broker/broker.ts";
import type { ClientInfo } from "./core/api/clients.ts";
import type { RecordEvent } from "./core/events.ts";
import { placeOf } from "./core/problem.ts";
import { clientRoutes } from "./http/panel/clients.ts";
import type { Route } from "./http/panel/route.ts";
import { createClients } from "./monitor/clients/clients.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface MonitorDeps {
  readonly broker: Pick<Broker, "clients">;
  /** Shows what happens to somebody from now on; null: to nobody. */
  readonly listen: (record: RecordEvent | null) => void;
  readonly current: () => Pick<Snapshot, "settings" | "bans">;
  readonly now: () => number;
}

/** What the panel shows of devices, and what it does to them. */
export interface MonitorDesk {
  clients(): readonly ClientInfo[];
  readonly routes: readonly Route[];
  stop(): void;
}

/** Begins to remember what happens to devices. */
export function openMonitor({ broker, listen, current, now }: MonitorDeps): MonitorDesk {
  const clients = createClients({
    facts: broker.clients,
    isTls: (listener) => current().settings.listeners.some(({ name, tls }) => name === listener && tls !== null),
    blockedBy(client) {
      const where = current().bans.of(client, now())?.where;
      return where === undefined ? null : placeOf(where);
    },
    problems: () => new Map(),
    now,
  });
  listen(clients.record);
  return {
    clients: clients.list,
    routes: clientRoutes({ clients, desk: broker.clients }),
    stop() {
      listen(null);
      clients.stop();
    },
  };
}
