import type { JSONSchemaType } from "ajv";
import { BackendError, messageOf } from "../../core/errors.ts";
import { utf8Text } from "../../core/text.ts";
import type { Authenticator, Credentials, Identity } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { type RowRules, rulesInNamedRows } from "../database/acl-rows.ts";
import { createDatabaseLogin, LOGIN_NAMES, RULE_NAMES } from "../database/login.ts";
import { createPool, type Pool } from "../database/pool.ts";
import type { Row } from "../database/row.ts";
import { POOL_SCHEMA, poolOf, serverAddress } from "../database/server.ts";
import { defineBackend } from "../define-backend.ts";
import { type PlaceholderName, placeholderValues, type PlaceholderValues } from "../placeholders.ts";
import { rowsInFields } from "../redis/acl-fields.ts";
import { type Command, parseCommand, type Verb } from "../redis/command.ts";
import { openRedis, type RedisConnection } from "../redis/connection.ts";
import { nothingElse } from "../reply-rules.ts";
import { TLS_SCHEMA, type TlsSettings } from "../tls.ts";

interface Settings {
  /** "host", "host:port", "[::1]:port"; missing: this machine. */
  readonly server?: string;
  /** Its number; missing: 0. */
  readonly database?: number;
  readonly username?: string;
  readonly password?: string;
  /** Connections at most. */
  readonly pool?: number;
  readonly tls?: TlsSettings;
  /** Gives the field `password_hash` or `password`, and perhaps `salt`, `is_superuser`. */
  readonly auth_cmd: string;
  /** As EMQ writes it: "sha256", "salt,sha256", "bcrypt", "pbkdf2,sha256,1000,20". */
  readonly password_hash: string;
  /** Gives a field that says whether the user is a superuser. Missing: `auth_cmd` says it, or nobody is. */
  readonly super_cmd?: string;
  /** Gives the rules for a client. Missing: it has none. */
  readonly acl_cmd?: string;
  /** What becomes of topics that a client's rules are not about. Missing: as the EMQ does whose values they have. */
  readonly no_match?: "deny" | "ignore";
}

const NAME = "redis";
const TEXT = { type: "string", minLength: 1 } as const;

/** The settings that a stage may have. */
export const REDIS_SCHEMA: JSONSchemaType<Settings> = {
  type: "object",
  required: ["auth_cmd", "password_hash"],
  additionalProperties: false,
  properties: {
    server: { ...TEXT, nullable: true },
    database: { type: "integer", minimum: 0, maximum: 65_535, nullable: true },
    username: { ...TEXT, nullable: true },
    password: { type: "string", nullable: true },
    pool: POOL_SCHEMA,
    tls: TLS_SCHEMA,
    auth_cmd: TEXT,
    password_hash: TEXT,
    super_cmd: { ...TEXT, nullable: true },
    acl_cmd: { ...TEXT, nullable: true },
    no_match: { type: "string", enum: ["deny", "ignore"], nullable: true },
  },
};

/** Users, superusers and rules in hashes of Redis. */
export const redis = defineBackend<Settings>({ type: NAME, schema: REDIS_SCHEMA, create: createRedisLogin });

function createRedisLogin(settings: Settings, context: BackendContext): Authenticator {
  const { username, password, database = 0, tls } = settings;
  if (username !== undefined && !password) throw new Error(`${NAME}: username has no password beside it`);
  const server = { ...serverAddress(NAME, settings.server, 6379), username, password, database, tls };
  const user = prepare("auth_cmd", settings.auth_cmd, ["HMGET", "HGET"], LOGIN_NAMES);
  const superuser = prepare("super_cmd", settings.super_cmd, ["HGET", "HMGET"], LOGIN_NAMES);
  const acl = prepare("acl_cmd", settings.acl_cmd, ["HGETALL", "HMGET"], RULE_NAMES);
  const userColumns = user === null ? [] : columnsOf(user.fields);
  const pool = createPool({ open: () => openRedis(server), width: poolOf(settings) });

  const superuserRow = async (credentials: Credentials, signal: AbortSignal): Promise<Row | null> => {
    const values = await ask(pool, superuser, placeholderValues(credentials), signal);
    return values === null ? null : { is_superuser: textOf(values[0]) };
  };

  return createDatabaseLogin({
    name: NAME,
    passwordHash: settings.password_hash,
    context,
    async user(credentials, signal) {
      const values = (await ask(pool, user, placeholderValues(credentials), signal)) ?? [];
      const row = Object.fromEntries(userColumns.map((column, index) => [column, textOf(values[index])]));
      // as both EMQ have it: a hash without a password is nobody's
      return row["password_hash"] === null ? null : row;
    },
    superuser: superuserRow,
    rules: acl === null ? null : (identity, signal) => rulesFor(pool, acl, identity, settings, signal),
    close: () => pool.close(),
  });
}

/** @throws Error when the command cannot be used. */
function prepare(
  key: "auth_cmd" | "super_cmd" | "acl_cmd",
  text: string | undefined,
  verbs: readonly Verb[],
  allowed: readonly PlaceholderName[],
): Command | null {
  try {
    if (text === undefined) return null;
    const command = parseCommand(text, verbs, allowed);
    if (key !== "acl_cmd" && !command.isPersonal) throw new Error("no placeholder says whose hash it is");
    return command;
  } catch (error) {
    throw new Error(`${NAME}: ${key}: ${messageOf(error)}`, { cause: error });
  }
}

const MEANINGS = ["salt", "is_superuser", "username", "clientid"];

/**
 * What the fields of `auth_cmd` are. Those of EMQ 2 have their meaning by their place: the password, then its salt.
 * @throws Error when there is no password among them.
 */
function columnsOf(fields: readonly string[]): readonly string[] {
  const columns = fields.map((field, index) => {
    if (field === "password_hash" || field === "password") return "password_hash";
    if (MEANINGS.includes(field)) return field;
    return ["password_hash", "salt"][index] ?? null;
  });
  const unknown = fields.find((_field, index) => columns[index] === null);
  if (unknown !== undefined) {
    throw new Error(`${NAME}: auth_cmd: "${unknown}" is not password_hash, password, ${MEANINGS.join(", ")}`);
  }
  const known = columns.filter((column) => column !== null);
  if (!known.includes("password_hash")) throw new Error(`${NAME}: auth_cmd: the field with the password is missing`);
  if (new Set(known).size < known.length) throw new Error(`${NAME}: auth_cmd: two of its fields mean the same`);
  return known;
}

/** Bytes that are no text are no empty field either: nothing matches them. */
function textOf(bytes: Uint8Array | null | undefined): string | null {
  return bytes ? (utf8Text(bytes) ?? "") : null;
}

/** The bytes that a command gives, null for each that is not there; null: there can be nothing for this client. */
async function ask(
  pool: Pool<RedisConnection>,
  command: Command | null,
  values: PlaceholderValues,
  signal: AbortSignal,
): Promise<readonly (Uint8Array | null)[] | null> {
  const args = command?.argumentsFor(values) ?? null;
  if (command === null || args === null) return null;
  const answer: unknown = await pool.use((connection) => connection.ask(command.verb, args), signal);
  const list: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  return list.map((value) => {
    if (value === null || value instanceof Uint8Array) return value;
    throw new BackendError(`${command.verb} was answered with something else than the fields of a hash`);
  });
}

async function rulesFor(
  pool: Pool<RedisConnection>,
  command: Command,
  { username, clientId, address }: Identity,
  { no_match }: Settings,
  signal: AbortSignal,
): Promise<RowRules> {
  const values = { username, clientid: clientId, peerhost: address ?? null };
  const answer = (await ask(pool, command, values, signal)) ?? [];
  const fields =
    command.verb === "HGETALL" ? inPairs(answer) : command.fields.map((field, index) => pair(field, answer[index]));
  const { rows, faults, isEmq2 } = rowsInFields(fields);
  const file = `${NAME} acl_cmd`;
  const compiled = rulesInNamedRows(rows, file);
  const isClosed = (no_match ?? (isEmq2 ? "deny" : "ignore")) === "deny" && rows.length + faults.length > 0;
  return {
    rules: isClosed ? [...compiled.rules, nothingElse({ file })] : compiled.rules,
    faults: [...faults, ...compiled.faults],
  };
}

type Pair = readonly [Uint8Array, Uint8Array | null];

function pair(field: string, value: Uint8Array | null | undefined): Pair {
  return [Buffer.from(field), value ?? null];
}

function inPairs(list: readonly (Uint8Array | null)[]): readonly Pair[] {
  return list.flatMap((field, index): readonly Pair[] =>
    index % 2 === 1 || field === null ? [] : [[field, list[index + 1] ?? null]],
  );
}
