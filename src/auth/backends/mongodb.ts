import type { JSONSchemaType } from "ajv";
import { BackendError, messageOf } from "../../core/errors.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Authenticator, Identity } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { type RowRules, rulesInNamedRows } from "../database/acl-rows.ts";
import { createDatabaseLogin, LOGIN_NAMES, RULE_NAMES } from "../database/login.ts";
import { POOL_SCHEMA, poolOf, serverAddress } from "../database/server.ts";
import { defineBackend } from "../define-backend.ts";
import { rowsInDocuments } from "../mongodb/acl-documents.ts";
import { createMongoDatabase, type MongoDatabase } from "../mongodb/database.ts";
import { type Filter, parseFilter } from "../mongodb/filter.ts";
import { type PlaceholderName, placeholderValues, type PlaceholderValues } from "../placeholders.ts";
import { nothingElse } from "../reply-rules.ts";
import { TLS_SCHEMA, type TlsSettings } from "../tls.ts";

interface Settings {
  /** "host", "host:port", "[::1]:port", or some of them with commas; missing: this machine. */
  readonly server?: string;
  readonly replica_set?: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
  /** The database that knows `username`; missing: "admin". */
  readonly auth_source?: string;
  /** Connections at most. */
  readonly pool?: number;
  readonly tls?: TlsSettings;
  readonly auth_query: AuthQuery;
  /** As EMQ writes it: "sha256", "salt,sha256", "bcrypt", "pbkdf2,sha256,1000,20". */
  readonly password_hash: string;
  /** Finds a document that says whether the user is a superuser. Missing: that of `auth_query` says it, or nobody is. */
  readonly super_query?: SuperQuery;
  /** Finds the rules for a client. Missing: it has none. */
  readonly acl_query?: Query;
  /** What becomes of topics that a client's rules are not about. Missing: as the EMQ does whose documents they are. */
  readonly no_match?: "deny" | "ignore";
}

interface Query {
  readonly collection: string;
  readonly filter: RawObject;
}

interface SuperQuery extends Query {
  /** Missing: "is_superuser". */
  readonly is_superuser_field?: string;
}

interface AuthQuery extends SuperQuery {
  /** Missing: "password_hash", or "password" where there is no such field. */
  readonly password_hash_field?: string;
  /** Missing: "salt". */
  readonly salt_field?: string;
}

const NAME = "mongodb";
const TEXT = { type: "string", minLength: 1 } as const;
const OPTIONAL_TEXT = { ...TEXT, nullable: true } as const;
const QUERY = { collection: TEXT, filter: { type: "object", required: [], additionalProperties: true } } as const;
const SUPER_QUERY = { ...QUERY, is_superuser_field: OPTIONAL_TEXT } as const;
const QUERY_SHAPE = { type: "object", required: ["collection", "filter"], additionalProperties: false } as const;

/** The settings that a stage may have. */
export const MONGODB_SCHEMA: JSONSchemaType<Settings> = {
  type: "object",
  required: ["database", "auth_query", "password_hash"],
  additionalProperties: false,
  properties: {
    server: OPTIONAL_TEXT,
    replica_set: OPTIONAL_TEXT,
    database: TEXT,
    username: OPTIONAL_TEXT,
    password: { type: "string", nullable: true },
    auth_source: OPTIONAL_TEXT,
    pool: POOL_SCHEMA,
    tls: TLS_SCHEMA,
    auth_query: {
      ...QUERY_SHAPE,
      properties: { ...SUPER_QUERY, password_hash_field: OPTIONAL_TEXT, salt_field: OPTIONAL_TEXT },
    },
    password_hash: TEXT,
    super_query: { ...QUERY_SHAPE, nullable: true, properties: SUPER_QUERY },
    acl_query: { ...QUERY_SHAPE, nullable: true, properties: QUERY },
    no_match: { type: "string", enum: ["deny", "ignore"], nullable: true },
  },
};

/** Users, superusers and rules in documents of MongoDB. */
export const mongodb = defineBackend<Settings>({ type: NAME, schema: MONGODB_SCHEMA, create: createMongoLogin });

/** Documents of one user: where a collation takes several names for one, the right one is among them. */
const MAX_USERS = 100;
/** Documents with rules for one client; EMQX asks for as many. */
const MAX_RULES = 1000;

/** A query whose filter is understood. */
interface Prepared {
  readonly collection: string;
  readonly filter: Filter;
}

function createMongoLogin(settings: Settings, context: BackendContext): Authenticator {
  const { server = "127.0.0.1", replica_set, username, password, auth_source, tls, auth_query, super_query } = settings;
  if (username === undefined && password !== undefined) throw new Error(`${NAME}: password has no username beside it`);
  const user = prepare("auth_query", auth_query, LOGIN_NAMES);
  const superuser = prepare("super_query", super_query, LOGIN_NAMES);
  const acl = prepare("acl_query", settings.acl_query, RULE_NAMES);
  const database = createMongoDatabase({
    servers: server.split(",").map((text) => serverAddress(NAME, text.trim(), 27_017)),
    replicaSet: replica_set,
    database: settings.database,
    username,
    password,
    authSource: auth_source,
    tls,
    width: poolOf(settings),
  });
  const superField = auth_query.is_superuser_field ?? "is_superuser";
  const saltField = auth_query.salt_field ?? "salt";

  return createDatabaseLogin({
    name: NAME,
    passwordHash: settings.password_hash,
    context,
    async user(credentials, signal) {
      const [found] = await find(database, user, placeholderValues(credentials), MAX_USERS, signal);
      if (found === undefined) return null;
      const hashField =
        auth_query.password_hash_field ?? (Object.hasOwn(found, "password_hash") ? "password_hash" : "password");
      return {
        password_hash: own(found, hashField),
        salt: own(found, saltField),
        is_superuser: own(found, superField),
      };
    },
    async superuser(credentials, signal) {
      const [found] = await find(database, superuser, placeholderValues(credentials), MAX_USERS, signal);
      return found === undefined
        ? null
        : { is_superuser: own(found, super_query?.is_superuser_field ?? "is_superuser") };
    },
    rules: acl === null ? null : (identity, signal) => rulesFor(database, acl, identity, settings, signal),
    close: () => database.close(),
  });
}

/** @throws Error when the filter cannot be used. */
function prepare(
  key: "auth_query" | "super_query" | "acl_query",
  query: Query | undefined,
  allowed: readonly PlaceholderName[],
): Prepared | null {
  if (query === undefined) return null;
  try {
    const filter = parseFilter(query.filter, allowed);
    if (key !== "acl_query" && !filter.isPersonal) throw new Error("no placeholder says whose document it is");
    return { collection: query.collection, filter };
  } catch (error) {
    throw new Error(`${NAME}: ${key}: ${messageOf(error)}`, { cause: error });
  }
}

/** The documents that a query finds for a client, and that are meant for it to the letter. */
async function find(
  database: MongoDatabase,
  query: Prepared | null,
  values: PlaceholderValues,
  most: number,
  signal: AbortSignal,
): Promise<readonly RawObject[]> {
  const filled = query?.filter.filledWith(values) ?? null;
  if (query === null || filled === null) return [];
  const documents = await database.find(query.collection, filled.filter, most + 1, signal);
  if (documents.length > most)
    throw new BackendError(`${query.collection} has more than ${most} documents for one client`);
  return documents.filter((document) => filled.holds(document));
}

async function rulesFor(
  database: MongoDatabase,
  query: Prepared,
  { username, clientId, address }: Identity,
  { no_match }: Settings,
  signal: AbortSignal,
): Promise<RowRules> {
  const values = { username, clientid: clientId, peerhost: address ?? null };
  const documents = await find(database, query, values, MAX_RULES, signal);
  const { rows, faults, isEmq2 } = rowsInDocuments(documents);
  const file = `${NAME} acl_query`;
  const compiled = rulesInNamedRows(rows, file);
  const isClosed = (no_match ?? (isEmq2 ? "deny" : "ignore")) === "deny" && documents.length > 0;
  return {
    rules: isClosed ? [...compiled.rules, nothingElse({ file })] : compiled.rules,
    faults: [...faults, ...compiled.faults],
  };
}

function own(document: RawObject, field: string): unknown {
  return Object.hasOwn(document, field) ? document[field] : null;
}
