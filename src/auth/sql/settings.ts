import type { JSONSchemaType } from "ajv";
import { TLS_SCHEMA, type TlsSettings } from "../tls.ts";

/** A stage of type "mysql" or "postgresql" as it is written. */
export interface SqlSettings {
  /** "host", "host:port", "[::1]:port"; missing: this machine. */
  readonly server?: string;
  readonly database: string;
  readonly username: string;
  readonly password?: string;
  /** Connections at most. */
  readonly pool?: number;
  readonly tls?: TlsSettings;
  /** Gives a row with the column `password_hash` or `password`, and perhaps `salt`, `is_superuser`, `username`, `clientid`. */
  readonly auth_query: string;
  /** As EMQ writes it: "sha256", "salt,sha256", "bcrypt", "pbkdf2,sha256,1000,20". */
  readonly password_hash: string;
  /** Gives a row whose first column says whether the user is a superuser. Missing: `auth_query` says it, or nobody is. */
  readonly super_query?: string;
  /** Gives the rules for a client. Missing: it has none. */
  readonly acl_query?: string;
  /** Which row is tried first. Missing: the last for tables of EMQ 2, the first for those of EMQX 5, as they do it. */
  readonly row_order?: "first_first" | "last_first";
}

const TEXT = { type: "string", minLength: 1 } as const;

/** What fits `SqlSettings`. */
export const SQL_SCHEMA: JSONSchemaType<SqlSettings> = {
  type: "object",
  required: ["database", "username", "auth_query", "password_hash"],
  additionalProperties: false,
  properties: {
    server: { ...TEXT, nullable: true },
    database: TEXT,
    username: TEXT,
    password: { type: "string", nullable: true },
    pool: { type: "integer", minimum: 1, maximum: 64, nullable: true },
    tls: TLS_SCHEMA,
    auth_query: TEXT,
    password_hash: TEXT,
    super_query: { ...TEXT, nullable: true },
    acl_query: { ...TEXT, nullable: true },
    row_order: { type: "string", enum: ["first_first", "last_first"], nullable: true },
  },
};

/** EMQ has 8, which is generous for a small machine. */
const POOL = 4;

/** How many connections a stage opens at most. */
export function poolOf({ pool }: SqlSettings): number {
  return pool ?? POOL;
}

interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads where the database listens; `name` is that of the stage.
 * @throws Error when that cannot be read.
 */
export function serverAddress(name: string, { server }: SqlSettings, defaultPort: number): ServerAddress {
  const text = server ?? "127.0.0.1";
  const { host = "", port } = ADDRESS.exec(text)?.groups ?? {};
  const number = port === undefined ? defaultPort : Number(port);
  if (host === "" || number < 1 || number > 65_535) {
    throw new Error(`${name}: server: "${text}" is no address such as 127.0.0.1:${defaultPort}`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: number };
}

/** An IPv6 address with a port stands in brackets. */
const ADDRESS = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+)(?::(?<port>\d{1,5}))?$/;
