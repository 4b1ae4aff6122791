import { join } from "node:path";
import { messageOf } from "./core/errors.ts";
import type { Logger } from "./core/logger.ts";
import type { Visitors } from "./core/visit.ts";
import { createPanelApp } from "./http/panel/app.ts";
import { openAudit } from "./http/panel/audit.ts";
import { auditRoutes } from "./http/panel/audit-routes.ts";
import { certificateRoutes } from "./http/panel/certificates.ts";
import { listenerRoutes, type ListenerRoutesDeps } from "./http/panel/listeners.ts";
import { localVisitors } from "./http/panel/local-visitors.ts";
import { createLogin } from "./http/panel/login.ts";
import { staticFiles } from "./http/panel/static-files.ts";
import { loadToken, TOKEN_FILE } from "./http/panel/token.ts";
import { openWebServer, type WebServer } from "./http/web-server.ts";
import type { PanelSettings } from "./settings/types.ts";
import type { Snapshot } from "./snapshot/types.ts";

/** What the panel needs of the rest of the broker. */
export interface PanelDeps extends Omit<ListenerRoutesDeps, "current"> {
  /** Who may use it, as Home Assistant says; null: this machine, and whoever has the token. */
  readonly visitors: Visitors | null;
  readonly current: () => Snapshot;
  readonly log: Logger;
  readonly now: () => number;
}

/** The panel's files, as `npm run build:panel` writes them. */
const FILES = join(import.meta.dirname, "..", "dist", "panel");

/**
 * Makes the panel out of its parts and opens its port. This file and what it imports are loaded when the panel is
 * switched on.
 * @throws Error with the system's code when the port cannot be opened, or the token neither read nor written.
 */
export async function openPanel({ host, port, folder }: PanelSettings, deps: PanelDeps): Promise<WebServer> {
  const { log, now } = deps;
  const visitors = deps.visitors ?? (await localVisitorsIn(folder, now));
  const audit = await openAudit(folder === null ? null : join(folder, "panel-audit.jsonl"), log, now);
  const fault = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error({ err: text }, `The panel met a fault in the broker: ${messageOf(error)}`);
  };
  const app = createPanelApp({
    routes: [...listenerRoutes(deps), ...certificateRoutes(deps), ...auditRoutes(audit)],
    visitors,
    login: deps.visitors === null ? createLogin(visitors) : null,
    files: staticFiles(FILES),
    audit,
    fault,
  });
  const server = await openWebServer({ host, port, tls: null, fetch: app.fetch, fault });
  const whose = deps.visitors === null ? "" : ", for Home Assistant alone";
  log.notice({}, `The panel is at ${server.address}/${whose}.`);
  return {
    ...server,
    async close() {
      await server.close();
      await audit.close();
    },
  };
}

async function localVisitorsIn(folder: string | null, now: () => number): Promise<Visitors> {
  const token = folder === null ? null : await loadToken(folder);
  return localVisitors({ token, tokenFile: join(folder ?? "", TOKEN_FILE), now });
}
