import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pair } from "../helpers/certificates.ts";
import { startServer, type Server } from "./server.ts";

const DEBIAN = "/usr/lib/postgresql";

const version = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a))[0] : undefined;

const programs = join(DEBIAN, version ?? "15", "bin");

/** What the tests of PostgreSQL need. */
export const POSTGRESQL = ["initdb", "postgres"].map((name) => join(programs, name));

/** PostgreSQL refuses to run as root; "nobody" has the same number on every Debian. */
const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The database "mqtt" and its user "mqtt" with the password "db-pw"; `sql` makes its tables, a statement a line. */
export function postgresqlFolder(folder: string, sql: readonly string[]): string {
  const data = join(folder, "data");
  mkdirSync(data);
  if (owner.uid !== undefined) {
    chmodSync(folder, 0o755);
    chownSync(data, owner.uid, owner.gid);
  }
  run("initdb", ["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"]);
  writeFileSync(join(data, "pg_hba.conf"), "host mqtt mqtt 127.0.0.1/32 scram-sha-256\n");
  run(
    "postgres",
    ["--single", "-D", data, "-F", "postgres"],
    ["create role mqtt login password 'db-pw'", "create database mqtt owner mqtt"],
  );
  run("postgres", ["--single", "-D", data, "-F", "mqtt"], ["set role mqtt", ...sql]);
  return data;
}

/** Starts a PostgreSQL on `port` of 127.0.0.1; with `tls` it takes encrypted connections too. */
export function startPostgresql(data: string, port: number, tls?: Pair): Promise<Server> {
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "logging_collector=off",
    "lc_messages=C",
    ...(tls === undefined ? [] : tlsSettings(data, tls)),
  ];
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const child = spawn(join(programs, "postgres"), args, owner);
  // it has a process for each connection, which would answer for a moment longer than itself
  return startServer(child, port, /database system is ready to accept connections/, "SIGQUIT");
}

/** It reads a key only that is its own. */
function tlsSettings(data: string, { certFile, keyFile }: Pair): readonly string[] {
  const names = [certFile, keyFile].map((file, index) => {
    const copy = join(data, index === 0 ? "server.pem" : "server.key");
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    if (owner.uid !== undefined) chownSync(copy, owner.uid, owner.gid);
    return copy;
  });
  return ["ssl=on", `ssl_cert_file=${names[0]}`, `ssl_key_file=${names[1]}`];
}

function run(program: string, args: readonly string[], input: readonly string[] = []): void {
  const made = spawnSync(join(programs, program), args, {
    ...owner,
    input: `${input.join("\n")}\n`,
    timeout: 60_000,
    encoding: "utf8",
  });
  const text = `${made.stdout}${made.stderr}`;
  if (made.status !== 0 || text.includes("ERROR:")) throw new Error(`${program} failed: ${text.slice(-800)}`);
}
