import { Socket } from "node:net";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { poolOf, serverAddress } from "../database/server.ts";
import { defineBackend } from "../define-backend.ts";
import { type Connect, createDatabase } from "../sql/database.ts";
import { createSqlLogin } from "../sql/login.ts";
import { SQL_SCHEMA, type SqlSettings } from "../sql/settings.ts";
import { tlsOptions, type TlsSettings } from "../tls.ts";

const NAME = "postgresql";

/** Users, superusers and rules in tables of PostgreSQL. */
export const postgresql = defineBackend<SqlSettings>({
  type: NAME,
  schema: SQL_SCHEMA,
  create(settings, context) {
    const connect = connector(settings);
    return createSqlLogin({
      name: NAME,
      settings,
      context,
      marker: (number) => `$${number}`,
      database: createDatabase({ connect, width: poolOf(settings), socket: () => new Socket() }),
    });
  },
});

function connector(settings: SqlSettings): Connect {
  const { username: user, password = "", database, tls } = settings;
  const { host, port } = serverAddress(NAME, settings.server, 5432);
  return async (socket) => {
    const { Client } = await import("pg");
    const client = new Client({
      host,
      port,
      user,
      password,
      database,
      stream: () => socket,
      ssl: tls === undefined ? false : pgTls(tls, host),
    });
    // whoever asks next finds the socket closed
    client.on("error", () => socket.destroy());
    await client.connect();
    return {
      // without a name, so that a PgBouncer in between need not remember it
      query: async (text, values) => (await client.query(text, [...values])).rows,
      end: () => client.end(),
    };
  };
}

/** The driver would compare a certificate with the server's host even where another name is set. */
function pgTls(tls: TlsSettings, host: string): ConnectionOptions {
  return {
    ...tlsOptions(tls),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(tls.servername ?? host, certificate),
  };
}
