import { messageOf } from "../../core/errors.ts";
import type { Authenticator, Credentials } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { rulesInRows } from "../database/acl-rows.ts";
import { createDatabaseLogin, LOGIN_NAMES, RULE_NAMES } from "../database/login.ts";
import { parseStatement, type PlaceholderName, placeholderValues, type Statement, valuesFor } from "../placeholders.ts";
import type { Database } from "./database.ts";
import type { SqlSettings } from "./settings.ts";

interface SqlLogin {
  /** The type of the stage. */
  readonly name: string;
  readonly settings: SqlSettings;
  readonly context: BackendContext;
  readonly database: Database;
  /** What stands in a statement for a value, by its number from 1. */
  readonly marker: (number: number) => string;
}

/**
 * Makes the authenticator of users in tables.
 * @throws Error when the settings cannot be used.
 */
export function createSqlLogin({ name, settings, context, database, marker }: SqlLogin): Authenticator {
  const prepare = (key: "auth_query" | "super_query" | "acl_query", allowed: readonly PlaceholderName[]) => {
    const query = settings[key];
    try {
      return query === undefined ? null : parseStatement(query, allowed, marker);
    } catch (error) {
      throw new Error(`${name}: ${key}: ${messageOf(error)}`, { cause: error });
    }
  };
  const userStatement = prepare("auth_query", LOGIN_NAMES);
  const superStatement = prepare("super_query", LOGIN_NAMES);
  const aclStatement = prepare("acl_query", RULE_NAMES);

  const rowOf = (statement: Statement | null) => async (credentials: Credentials, signal: AbortSignal) => {
    if (statement === null) return null;
    const values = valuesFor(statement, placeholderValues(credentials));
    const [row] = await database.query(statement.text, values, signal);
    return row ?? null;
  };

  return createDatabaseLogin({
    name,
    passwordHash: settings.password_hash,
    context,
    user: rowOf(userStatement),
    superuser: rowOf(superStatement),
    rules:
      aclStatement === null
        ? null
        : async ({ username, clientId, address }, signal) => {
            const values = valuesFor(aclStatement, { username, clientid: clientId, peerhost: address ?? null });
            const rows = await database.query(aclStatement.text, values, signal);
            return rulesInRows(rows, name, settings.row_order ?? null);
          },
    close: () => database.close(),
  });
}
