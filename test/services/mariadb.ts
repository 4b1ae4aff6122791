import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startServer, type Server } from "./server.ts";

/** What the tests of MariaDB need. */
export const MARIADB = ["/usr/sbin/mariadbd"];

const SYSTEM_TABLES = ["mysql_system_tables.sql", "mysql_system_tables_data.sql"];

/** The database "mqtt" and its user "mqtt" with the password "db-pw"; `sql` makes its tables, a statement a line. */
export function mariadbFolder(folder: string, sql: readonly string[]): string {
  const data = join(folder, "data");
  mkdirSync(data);
  const statements = [
    "create database mysql;",
    "use mysql;",
    ...SYSTEM_TABLES.map((name) => readFileSync(join("/usr/share/mysql", name), "utf8")),
    "flush privileges;",
    "create database mqtt character set utf8mb4;",
    "create user mqtt@'127.0.0.1' identified by 'db-pw';",
    "grant all on mqtt.* to mqtt@'127.0.0.1';",
    "use mqtt;",
    "set names utf8mb4;",
    ...sql,
  ];
  const made = spawnSync("/usr/sbin/mariadbd", [...args(data), "--bootstrap"], {
    input: `${statements.join("\n")}\n`,
    timeout: 60_000,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`mariadbd made no tables: ${made.stderr.slice(-500)}`);
  return data;
}

/** Starts a MariaDB on `port` of 127.0.0.1; `more` are options of its command line. */
export function startMariadb(data: string, port: number, more: readonly string[] = []): Promise<Server> {
  const child = spawn("/usr/sbin/mariadbd", [
    ...args(data),
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    `--socket=${join(data, "socket")}`,
    `--pid-file=${join(data, "pid")}`,
    "--skip-name-resolve",
    ...more,
  ]);
  return startServer(child, port, /ready for connections/);
}

/** Small and quick: nothing of it outlives the test. */
function args(data: string): readonly string[] {
  return [
    "--no-defaults",
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    `--datadir=${data}`,
    "--innodb-flush-method=nosync",
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=8M",
    "--innodb-fast-shutdown=2",
    "--skip-log-bin",
  ];
}
