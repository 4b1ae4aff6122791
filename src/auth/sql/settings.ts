import type { JSONSchemaType } from "ajv";
import { POOL_SCHEMA } from "../database/server.ts";
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
    pool: POOL_SCHEMA,
    tls: TLS_SCHEMA,
    auth_query: TEXT,
    password_hash: TEXT,
    super_query: { ...TEXT, nullable: true },
    acl_query: { ...TEXT, nullable: true },
    row_order: { type: "string", enum: ["first_first", "last_first"], nullable: true },
  },
};
