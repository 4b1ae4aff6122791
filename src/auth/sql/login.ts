import { messageOf } from "../../core/errors.ts";
import { allow, deny, ignore } from "../../core/reasons.ts";
import type { Authenticator, Credentials, Decision, Identity, Reason } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { decoyFor } from "../decoy.ts";
import { encodedHash, HASH_ALGORITHMS, matchPassword, parseHashAlgorithm } from "../hash-algorithm.ts";
import { parseStatement, type PlaceholderName, placeholderValues, type Statement, valuesFor } from "../placeholders.ts";
import { rulesInRows } from "./acl-rows.ts";
import type { Database } from "./database.ts";
import type { SqlSettings } from "./settings.ts";
import { isRowOf, isSuperuserRow, storedPassword } from "./user-row.ts";

interface SqlLogin {
  /** The type of the stage. */
  readonly name: string;
  readonly settings: SqlSettings;
  readonly context: BackendContext;
  readonly database: Database;
  /** What stands in a statement for a value, by its number from 1. */
  readonly marker: (number: number) => string;
}

const LOGIN: readonly PlaceholderName[] = ["username", "clientid", "peerhost", "cert_common_name", "cert_subject"];
const RULES: readonly PlaceholderName[] = ["username", "clientid", "peerhost"];

/** Faulty rows that are named in the log; the same ones come with every login. */
const MAX_FAULTS = 100;

/**
 * Makes the authenticator of users in a database.
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
  const algorithm = parseHashAlgorithm(settings.password_hash);
  if (algorithm === null) {
    throw new Error(`${name}: password_hash: "${settings.password_hash}" is not one of ${HASH_ALGORITHMS}`);
  }
  const userStatement = prepare("auth_query", LOGIN);
  const superStatement = prepare("super_query", LOGIN);
  const aclStatement = prepare("acl_query", RULES);
  const named = new Set<string>();
  /** Takes as long as a password of this table; null until one was seen, and where it takes no time. */
  let decoy: string | null = null;

  const rowOf = async (statement: Statement | null, credentials: Credentials, signal: AbortSignal) => {
    if (statement === null) return null;
    const values = valuesFor(statement, placeholderValues(credentials));
    const [row] = await database.query(statement.text, values, signal);
    return row ?? null;
  };

  const authenticate = async (credentials: Credentials, signal: AbortSignal): Promise<Decision<Identity>> => {
    const { clientId, username, password } = credentials;
    if (username === null) return ignore(name, says("no_credentials", "sent no user name"));
    const row = await rowOf(userStatement, credentials, signal);
    if (row === null || !isRowOf(row, credentials)) {
      return ignore(name, says("unknown_user", `${username} is not in the database`));
    }
    const stored = storedPassword(row);
    if (stored === null) return deny(name, says("wrong_password", `user ${username} has no password in the database`));
    if (password === null) return deny(name, says("wrong_password", `sent no password for user ${username}`));
    const encoded = encodedHash(algorithm, stored);
    decoy ??= encoded === null ? null : decoyFor([encoded]);
    const match = await matchPassword(algorithm, stored, password, context.verify);
    if (match === "unusable") return deny(name, unusable(username, settings));
    if (match === "wrong") return deny(name, says("wrong_password", `wrong password for user ${username}`));
    let superuser = isMarked(row);
    if (!superuser) {
      const marked = await rowOf(superStatement, credentials, signal);
      superuser = marked !== null && isSuperuserRow(marked);
    }
    const proof = context.digest(JSON.stringify([username, stored.hash, stored.salt]));
    return allow(name, { clientId, username, superuser, source: name, proof });
  };

  const login: Authenticator = {
    name,
    authenticate,
    async pretend({ password }) {
      if (decoy !== null && password !== null) await context.verify(decoy, password);
    },
    close: () => database.close(),
  };
  if (aclStatement === null) return login;
  return {
    ...login,
    async rights({ username, clientId, address }, signal) {
      const values = valuesFor(aclStatement, { username, clientid: clientId, peerhost: address ?? null });
      const rows = await database.query(aclStatement.text, values, signal);
      const { rules, faults } = rulesInRows(rows, name, settings.row_order ?? null);
      for (const fault of faults) {
        if (named.has(fault) || named.size >= MAX_FAULTS) continue;
        named.add(fault);
        context.log.warn(
          { clientId, username },
          `The rules of ${name} for the client ${clientId}: ${fault}. The other rows count. Correct the row.`,
        );
      }
      return rules;
    },
  };
}

function isMarked(row: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(row, "is_superuser") && isSuperuserRow(row);
}

function unusable(username: string, { password_hash }: SqlSettings): Reason {
  return {
    kind: "wrong_password",
    sentence: `what the database has for user ${username} is no password of the kind ${password_hash}`,
    hint: "Store the password of this user as password_hash says, or correct password_hash.",
  };
}

function says(kind: Reason["kind"], sentence: string): Reason {
  return { kind, sentence };
}
