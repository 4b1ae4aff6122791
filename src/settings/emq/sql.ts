import { originsOf, type Plugin, present, TIMEOUT_MS } from "./plugin.ts";
import { tlsKeys, tlsOf } from "./tls.ts";
import { secondsOf } from "./values.ts";

const KEYS = [
  "server",
  "pool",
  "username",
  "password",
  "database",
  "auth_query",
  "password_hash",
  "super_query",
  "acl_query",
];

/** `auth.mysql.server = 127.0.0.1:3306` and so on. */
export const mysql: Plugin = sql("auth.mysql", "mysql", "127.0.0.1:3306", null);

/** `auth.pgsql.server = 127.0.0.1:5432` and so on. */
export const pgsql: Plugin = sql("auth.pgsql", "postgresql", "127.0.0.1:5432", "root");

function sql(prefix: string, type: string, server: string, user: string | null): Plugin {
  return {
    prefix,
    type,
    keys: [...KEYS, "query_timeout", "ssl", ...tlsKeys("ssl_opts")],
    unused: type === "postgresql" ? [{ key: "encoding", because: "texts always travel as UTF-8" }] : [],
    isList: false,
    make(lines) {
      const acl = lines.text("acl_query");
      const timeout = lines.text("query_timeout");
      const seconds = timeout === null ? null : secondsOf(timeout);
      if (timeout !== null && (seconds === null || seconds <= 0)) {
        lines.fail("query_timeout", `"${timeout}" is no time`, "Write a time, for example 5s.");
      }
      if (lines.all.has("acl_query") && acl === null) {
        lines.fail(
          "acl_query",
          `"${prefix}.acl_query" has no value`,
          "Write the query, or remove the line if there are no rules.",
        );
      }
      const database = lines.required("database");
      return {
        settings: present({
          server: atPort(lines.orElse("server", server)),
          database,
          username: user === null ? lines.required("username") : (lines.text("username") ?? user),
          password: lines.text("password"),
          pool: lines.count("pool"),
          tls: tlsOf(lines, lines.flag("ssl") ?? false, "ssl", "ssl_opts"),
          auth_query: lines.required("auth_query"),
          password_hash: lines.text("password_hash") ?? "sha256",
          super_query: lines.text("super_query"),
          acl_query: acl,
        }),
        origins: originsOf(lines, { ...Object.fromEntries(KEYS.map((key) => [key, key])), tls: "ssl" }),
        hasRules: acl !== null,
        timeoutMs: seconds === null ? TIMEOUT_MS : Math.min(seconds * 1000, 30_000),
      };
    },
  };
}

/** A port alone is one of this machine. */
function atPort(server: string | null): string | null {
  return server !== null && /^\d+$/.test(server) ? `127.0.0.1:${server}` : server;
}
