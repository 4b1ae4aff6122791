import type { UserInfo } from "./core/api/access.ts";
import type { StageLedger } from "./auth/figures.ts";
import { hashPassword } from "./auth/password.ts";
import type { ClientDesk } from "./core/client-facts.ts";
import type { OptionStore } from "./core/option-store.ts";
import { createAccounts, type AccountsDeps } from "./http/panel/accounts.ts";
import { backendRoutes } from "./http/panel/backends.ts";
import { deviceRoutes } from "./http/panel/devices.ts";
import { explainRoutes, type ExplainRoutesDeps } from "./http/panel/explain.ts";
import { roleRoutes } from "./http/panel/roles.ts";
import type { Route } from "./http/panel/route.ts";
import { ruleRoutes } from "./http/panel/rules.ts";
import { userRoutes } from "./http/panel/users.ts";
import { loginSourceOf } from "./monitor/clients/source.ts";
import { listedRules } from "./snapshot/listed-rules.ts";
import { listedUsers } from "./snapshot/listed-users.ts";
import type { Snapshot } from "./snapshot/types.ts";

export interface AccessRoutesDeps extends Pick<AccountsDeps, "runCommands" | "reload"> {
  readonly current: () => Snapshot;
  readonly clients: Pick<ClientDesk, "all" | "identity">;
  /** What the login sources were asked. */
  readonly ledger: StageLedger;
  /** Names that are kept for the system, which may do everything. */
  readonly reservedUsers: readonly string[];
  /** null: they are the owner's alone. */
  readonly options: OptionStore | null;
  /** Their path; null: there are none. */
  readonly optionsFile: string | null;
  /** The real port of a listener; null: it is closed. */
  readonly portOf: (listener: string) => number | null;
}

/** The routes of the panel about users, rights and where logins come from. */
export function accessRoutes(deps: AccessRoutesDeps): readonly Route[] {
  const { current, clients, reservedUsers, portOf } = deps;
  const users = () => [
    ...listedUsers(current(), { ...deps, areOptionsWritable: deps.options !== null }),
    ...usersElsewhere(clients, current()),
  ];
  const accounts = createAccounts({ ...deps, users, hash: hashPassword });
  return [
    ...explainRoutes({ current, reservedUsers, present: presentAmong(clients), command: accounts.command }),
    ...ruleRoutes({ rules: () => listedRules(current(), reservedUsers) }),
    ...userRoutes({ current, users, accounts }),
    ...roleRoutes({ current, accounts }),
    ...backendRoutes({ current, ledger: deps.ledger }),
    ...deviceRoutes({ current, users, accounts, reservedUsers, portOf }),
  ];
}

/** Users that only a service knows, as far as they have sessions: nobody asks it for a list. */
function usersElsewhere(
  clients: Pick<AccessRoutesDeps["clients"], "all">,
  { loginStages }: Pick<Snapshot, "loginStages">,
): readonly UserInfo[] {
  const types = new Map(loginStages.map(({ type, authenticator }) => [authenticator.name, type]));
  const found = new Map<string, UserInfo>();
  for (const { username: name, source: login, isBridge } of clients.all()) {
    const source = loginSourceOf(types.get(login) ?? login);
    if (name === null || isBridge || (source !== "ha" && source !== "backend")) continue;
    const user = { name, source, passwordSet: true, disabled: false, roles: [], groups: [], writable: false };
    found.set(`${source} ${name}`, user);
  }
  return [...found.values()];
}

/** Says who a client is that has a session; without a client id it is the first session of that user. */
export function presentAmong(clients: AccessRoutesDeps["clients"]): ExplainRoutesDeps["present"] {
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
