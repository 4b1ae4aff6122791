import type { ClientDesk } from "./core/client-facts.ts";
import { explainRoutes, type ExplainRoutesDeps } from "./http/panel/explain.ts";
import type { Route } from "./http/panel/route.ts";
import { ruleRoutes } from "./http/panel/rules.ts";
import { listedRules } from "./snapshot/listed-rules.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface AccessRoutesDeps {
  readonly current: () => Snapshot;
  readonly clients: Pick<ClientDesk, "all" | "identity">;
  /** Names that are kept for the system, which may do everything. */
  readonly reservedUsers: readonly string[];
}

/** The routes of the panel about users, rights and where logins come from. */
export function accessRoutes({ current, clients, reservedUsers }: AccessRoutesDeps): readonly Route[] {
  return [
    ...explainRoutes({ current, reservedUsers, present: presentAmong(clients) }),
    ...ruleRoutes({ rules: () => listedRules(current(), reservedUsers) }),
  ];
}

/** Without a client id it is the first session of that user. */
function presentAmong(clients: AccessRoutesDeps["clients"]): ExplainRoutesDeps["present"] {
  return ({ username, clientId }) => {
    if (clientId !== undefined) {
      const identity = clients.identity(clientId);
      return identity?.username === username ? identity : null;
    }
    if (username === null) return null;
    for (const facts of clients.all()) if (facts.username === username) return clients.identity(facts.clientId);
    return null;
  };
}
