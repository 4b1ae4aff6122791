import { join } from "node:path";
import type { Broker } from "./broker/broker.ts";
import { messageOf } from "./core/errors.ts";
import type { TrafficFigures } from "./core/figures.ts";
import type { Logger } from "./core/logger.ts";
import type { Visitors } from "./core/visit.ts";
import { createPanelApp } from "./http/panel/app.ts";
import { openAudit } from "./http/panel/audit.ts";
import { auditRoutes } from "./http/panel/audit-routes.ts";
import { bridgeRoutes, type BridgeRoutesDeps } from "./http/panel/bridges.ts";
import { certificateRoutes } from "./http/panel/certificates.ts";
import { listChannel, wholeChannel } from "./http/panel/live-channel.ts";
import { figuresRoutes } from "./http/panel/figures.ts";
import { configOf, configRoutes, type ConfigRoutesDeps } from "./http/panel/config.ts";
import { listenerRoutes, listenersOf } from "./http/panel/listeners.ts";
import { createLiveDesk } from "./http/panel/live.ts";
import { logRoutes, type LogRoutesDeps } from "./http/panel/log.ts";
import { localVisitors } from "./http/panel/local-visitors.ts";
import { createLogin } from "./http/panel/login.ts";
import { openApiRoutes } from "./http/panel/openapi.ts";
import { overviewOf, overviewRoutes } from "./http/panel/overview.ts";
import { staticFiles } from "./http/panel/static-files.ts";
import { supportRoutes } from "./http/panel/support.ts";
import { loadToken, TOKEN_FILE } from "./http/panel/token.ts";
import { traceRoutes, type TraceRoutesDeps } from "./http/panel/traces.ts";
import { createTrafficHistory } from "./http/panel/traffic-history.ts";
import { openWebServer, type WebServer } from "./http/web-server.ts";
import { publishes } from "./monitor/sys/reading.ts";
import { accessRoutes, type AccessRoutesDeps } from "./open-access.ts";
import { openMonitor, type MonitorDeps } from "./open-monitor.ts";
import { moveRoutes, type MoveDeps } from "./open-move.ts";
import { openTopics, type TopicsDeskDeps } from "./open-topics.ts";
import { giveBackMemory } from "./runtime.ts";
import type { PanelSettings } from "./settings/types.ts";

/** What the panel needs of the rest of the broker. */
export interface PanelDeps
  extends Omit<AccessRoutesDeps, "clients">, Pick<MoveDeps, "spec" | "importFrom" | "saveStore"> {
  /** Who may use it, as Home Assistant says; null: this machine, and whoever has the token. */
  readonly visitors: Visitors | null;
  readonly version: string;
  readonly startedAtMs: number;
  readonly hasHomeAssistant: boolean;
  readonly sources: ConfigRoutesDeps["sources"];
  readonly problems: ConfigRoutesDeps["problems"];
  readonly check: ConfigRoutesDeps["check"];
  readonly logLines: LogRoutesDeps["lines"];
  /** The real port of a listener; null: it is closed. */
  readonly portOf: (listener: string) => number | null;
  readonly broker: Pick<Broker, "briefFigures" | "sessions" | "clients"> & TopicsDeskDeps["broker"];
  readonly listen: MonitorDeps["listen"];
  /** Hands out who counts the open problems; null: nobody does. */
  readonly countProblems: (count: (() => number) | null) => void;
  readonly bridges: BridgeRoutesDeps["states"];
  readonly previewBridges: BridgeRoutesDeps["preview"];
  readonly tryBridge: BridgeRoutesDeps["trial"];
  readonly traces: TraceRoutesDeps["traces"];
  /** Transactions on the disk since the start. */
  readonly writes: () => number;
  readonly log: Logger;
  readonly now: () => number;
}

/** After what was loaded for it has settled. */
const TIDY_MS = 1_000;

/** The panel's files, as `npm run build:panel` writes them. */
const FILES = join(import.meta.dirname, "..", "dist", "panel");

/**
 * Makes the panel out of its parts and opens its port. This file and what it imports are loaded when the panel is
 * switched on.
 * @throws Error with the system's code when the port cannot be opened, or the token neither read nor written.
 */
export async function openPanel({ host, port, folder }: PanelSettings, deps: PanelDeps): Promise<WebServer> {
  const { broker, current, log, now } = deps;
  const visitors = deps.visitors ?? (await localVisitorsIn(folder, now));
  const audit = await openAudit(folder === null ? null : join(folder, "panel-audit.jsonl"), log, now);
  const fault = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error({ err: text }, `The panel met a fault in the broker: ${messageOf(error)}`);
  };
  const history = createTrafficHistory(() => {
    const { received, sent } = broker.briefFigures();
    return { in: countOf(received), out: countOf(sent), writes: deps.writes() };
  }, now);
  const monitor = await openMonitor({ ...deps, folder });
  const openProblems = () => monitor.problems().filter(({ mutedUntil }) => mutedUntil === undefined);
  const topics = openTopics({ ...deps, folder });
  const overview = () =>
    overviewOf({
      ...deps,
      figures: broker.briefFigures,
      history,
      unused: topics.unused,
      survey: monitor.survey,
      problems: openProblems,
    });
  const live = createLiveDesk({
    visitors,
    channels: new Map([
      ["overview", wholeChannel("overview", overview)],
      [
        "clients",
        listChannel(
          "clients",
          monitor.clients,
          ({ id }) => id,
          () => monitor.survey().total,
        ),
      ],
      ["problems", listChannel("problems", monitor.problems, ({ id }) => id)],
    ]),
    tail: topics.watch,
  });
  const ports = { current, portOf: deps.portOf, sessions: broker.sessions };
  const routes = [
    ...overviewRoutes(overview),
    ...listenerRoutes(ports),
    ...certificateRoutes({ current, now }),
    ...bridgeRoutes({ ...deps, states: deps.bridges, preview: deps.previewBridges, trial: deps.tryBridge }),
    ...monitor.routes,
    ...topics.routes,
    ...accessRoutes({ ...deps, clients: broker.clients }),
    ...configRoutes(deps),
    ...figuresRoutes(deps),
    ...traceRoutes(deps),
    ...logRoutes({ lines: deps.logLines }),
    ...supportRoutes({
      overview,
      config: () => configOf(deps),
      listeners: () => listenersOf(ports),
      lines: deps.logLines,
      now,
    }),
    ...moveRoutes(deps),
    ...auditRoutes(audit),
  ];
  const app = createPanelApp({
    routes: [...routes, ...openApiRoutes(routes, deps.version)],
    visitors,
    login: deps.visitors === null ? createLogin(visitors) : null,
    files: staticFiles(FILES),
    audit,
    fault,
  });
  const stop = async (): Promise<void> => {
    deps.countProblems(null);
    monitor.stop();
    history.stop();
    live.close();
    await topics.stop();
  };
  try {
    const server = await openWebServer({ host, port, tls: null, fetch: app.fetch, upgrade: live.upgrade, fault });
    deps.countProblems(() => openProblems().length);
    const tidying = setTimeout(giveBackMemory, TIDY_MS).unref();
    const whose = deps.visitors === null ? "" : ", for Home Assistant alone";
    log.notice({}, `The panel is at ${server.address}/${whose}.`);
    return {
      ...server,
      update(tls) {
        server.update(tls);
        topics.update();
      },
      async close() {
        clearTimeout(tidying);
        await stop();
        await server.close();
        await monitor.close();
        await audit.close();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function localVisitorsIn(folder: string | null, now: () => number): Promise<Visitors> {
  const token = folder === null ? null : await loadToken(folder);
  return localVisitors({ token, tokenFile: join(folder ?? "", TOKEN_FILE), now });
}

function countOf(traffic: TrafficFigures): { readonly messages: number; readonly bytes: number } {
  return { messages: publishes(traffic), bytes: traffic.payloadBytes };
}
