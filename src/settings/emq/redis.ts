import { originsOf, type Plugin, present, TIMEOUT_MS } from "./plugin.ts";

const KEYS = ["server", "pool", "database", "password", "auth_cmd", "password_hash", "super_cmd", "acl_cmd"];

/** `auth.redis.server = 127.0.0.1:6379` and so on. */
export const redis: Plugin = {
  prefix: "auth.redis",
  type: "redis",
  keys: [...KEYS, "type"],
  unused: [],
  isList: false,
  make(lines) {
    const { all, text, fail } = lines;
    const [acl, type, database] = [text("acl_cmd"), text("type"), text("database")];
    if (type !== null && type !== "single") {
      fail("type", `"auth.redis.type = ${type}" names a kind of server that is not asked here`, 'Write "single".');
    }
    if (all.has("acl_cmd") && acl === null) {
      fail(
        "acl_cmd",
        '"auth.redis.acl_cmd" has no value',
        "Write the command, or remove the line if there are no rules.",
      );
    }
    if (database !== null && !/^\d{1,5}$/.test(database)) {
      fail("database", `"auth.redis.database = ${database}" is no number`, "Write its number, 0 for the first.");
    }
    return {
      settings: present({
        server: lines.orElse("server", "127.0.0.1:6379"),
        pool: lines.count("pool"),
        database: database === null ? null : Number(database),
        password: text("password"),
        auth_cmd: lines.required("auth_cmd"),
        password_hash: lines.required("password_hash"),
        super_cmd: text("super_cmd"),
        acl_cmd: acl,
      }),
      origins: originsOf(lines, Object.fromEntries(KEYS.map((key) => [key, key]))),
      hasRules: acl !== null,
      timeoutMs: TIMEOUT_MS,
    };
  },
};
