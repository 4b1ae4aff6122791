import { Socket } from "node:net";
import type { RowDataPacket, SslOptions } from "mysql2/promise";
import { poolOf, serverAddress } from "../database/server.ts";
import { defineBackend } from "../define-backend.ts";
import { type Connect, createDatabase } from "../sql/database.ts";
import { createSqlLogin } from "../sql/login.ts";
import { SQL_SCHEMA, type SqlSettings } from "../sql/settings.ts";
import type { TlsSettings } from "../tls.ts";

const NAME = "mysql";

/** Users, superusers and rules in tables of MySQL or MariaDB. */
export const mysql = defineBackend<SqlSettings>({
  type: NAME,
  schema: SQL_SCHEMA,
  create(settings, context) {
    const connect = connector(settings);
    return createSqlLogin({
      name: NAME,
      settings,
      context,
      // its collations take "ALICE", "alice " and "álice" for "alice"; bytes are compared as they are
      marker: () => "cast(? as binary)",
      database: createDatabase({ connect, width: poolOf(settings), socket: () => new Socket() }),
    });
  },
});

function connector(settings: SqlSettings): Connect {
  const { username: user, password = "", database, tls } = settings;
  const { host, port } = serverAddress(NAME, settings.server, 3306);
  // one object for all connections: the driver keeps with it what it made of the certificates
  const ssl = tls === undefined ? null : mysqlTls(tls);
  return async (socket) => {
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection({
      // the name that a certificate is compared with
      host: tls?.servername ?? host,
      user,
      password,
      database,
      charset: "utf8mb4",
      // a large number must not be rounded to another
      supportBigNumbers: true,
      bigNumberStrings: true,
      stream: () => socket.setNoDelay(true).connect(port, host),
      ...(ssl !== null && { ssl }),
    });
    // whoever asks next finds the socket closed
    connection.on("error", () => socket.destroy());
    return {
      async query(text, values) {
        const [rows] = await connection.execute<RowDataPacket[]>(text, [...values]);
        return Array.isArray(rows) ? rows : [];
      },
      end: () => connection.end(),
    };
  };
}

/** The driver's own words for what `tlsOptions` says; it compares names only when it is told to. */
function mysqlTls({ ca, cert, key, verify = true }: TlsSettings): SslOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    minVersion: "TLSv1.2",
  };
}
