import type { RawObject } from "../../core/raw-object.ts";
import { originsOf, type Plugin, type PluginLines, present, TIMEOUT_MS } from "./plugin.ts";
import { tlsKeys, tlsOf } from "./tls.ts";

const UNUSED = ["w_mode", "r_mode", "topology.*"] as const;

/** `auth.mongo.server = 127.0.0.1:27017` and so on. */
export const mongo: Plugin = {
  prefix: "auth.mongo",
  type: "mongodb",
  keys: [
    "server",
    "pool",
    "type",
    "rs_set_name",
    "user",
    "login",
    "password",
    "auth_source",
    "database",
    "ssl",
    ...tlsKeys("ssl_opts"),
    ...["auth_query", "super_query", "acl_query"].flatMap((query) => [`${query}.collection`, `${query}.selector`]),
    "auth_query.password_field",
    "auth_query.password_hash",
    "super_query.super_field",
    "super_query",
    "acl_query",
    "acl_query.selector.*",
  ],
  unused: UNUSED.map((key) => ({
    key,
    because: "the driver chooses what is asked, and waits as long as this broker does",
  })),
  isList: false,
  make(lines) {
    const { text, required } = lines;
    const username = text("user") ?? text("login");
    const [acl, superuser] = [aclQuery(lines), superQuery(lines)];
    return {
      settings: present({
        server: lines.orElse("server", "127.0.0.1:27017"),
        replica_set: text("type") === "rs" ? (text("rs_set_name") ?? "mqtt") : null,
        database: required("database"),
        username,
        password: text("password"),
        // EMQ's own; without a user nobody needs to be known
        auth_source: username === null ? null : (text("auth_source") ?? "mqtt"),
        pool: lines.count("pool"),
        tls: tlsOf(lines, lines.flag("ssl") ?? false, "ssl", "ssl_opts"),
        auth_query: authQuery(lines),
        password_hash: text("auth_query.password_hash") ?? "sha256",
        super_query: superuser,
        acl_query: acl,
      }),
      origins: originsOf(lines, {
        ...Object.fromEntries(["server", "database", "password", "auth_source", "pool"].map((key) => [key, key])),
        username: lines.all.has("user") ? "user" : "login",
        auth_query: "auth_query.selector",
        super_query: "super_query.selector",
        acl_query: "acl_query.selector",
        password_hash: "auth_query.password_hash",
        tls: "ssl",
      }),
      hasRules: acl !== null,
      timeoutMs: TIMEOUT_MS,
    };
  },
};

function authQuery(lines: PluginLines): RawObject {
  const [hash, salt, ...more] = (lines.text("auth_query.password_field") ?? "password").split(/[\s,]+/);
  if (more.length > 0) {
    lines.fail(
      "auth_query.password_field",
      "more than two fields are named",
      "Write the field of the password, and that of its salt.",
    );
  }
  return present({
    collection: lines.text("auth_query.collection") ?? "mqtt_user",
    filter: filterOf(lines, ["auth_query.selector"]),
    password_hash_field: hash,
    salt_field: salt ?? null,
  });
}

function superQuery(lines: PluginLines): RawObject | null {
  if (!isAsked(lines, "super_query")) return null;
  return {
    collection: lines.text("super_query.collection") ?? "mqtt_user",
    filter: filterOf(lines, ["super_query.selector"]),
    is_superuser_field: lines.text("super_query.super_field") ?? "is_superuser",
  };
}

function aclQuery(lines: PluginLines): RawObject | null {
  if (!isAsked(lines, "acl_query")) return null;
  const collection = lines.text("acl_query.collection") ?? "mqtt_acl";
  if (collection === (lines.text("auth_query.collection") ?? "mqtt_user")) {
    lines.note(
      "acl_query.collection",
      `rules are looked for in "${collection}", where the users are.`,
      "It is obeyed: a user without topics in it may use none.",
      "Write mqtt_acl if they are there: EMQ's guide prints the other by mistake.",
    );
  }
  const selectors = [...lines.all.keys()].filter((key) => /^acl_query\.selector(?:\.|$)/.test(key));
  return { collection, filter: filterOf(lines, selectors.length === 0 ? ["acl_query.selector"] : selectors) };
}

/** It is unless it is switched off: any line about it says that it is wanted. */
function isAsked(lines: PluginLines, query: "super_query" | "acl_query"): boolean {
  if (lines.flag(query) === false) return false;
  return [...lines.all.keys()].some((key) => key === query || key.startsWith(`${query}.`));
}

/** `username=%u, clientid=%c`: both must hold. Of several selectors one must. */
function filterOf(lines: PluginLines, keys: readonly string[]): RawObject {
  const filters = keys.map((key) => {
    const pairs = (lines.text(key) ?? "username=%u").split(",").map((pair) => pair.split("="));
    if (pairs.some(([name = "", value]) => name.trim() === "" || value === undefined)) {
      lines.fail(key, `"auth.mongo.${key}" is no list of name=value`, "Write username=%u for example.");
    }
    return Object.fromEntries(pairs.map(([name = "", ...value]) => [name.trim(), value.join("=").trim()]));
  });
  const [filter = {}, ...others] = filters;
  return others.length === 0 ? filter : { $or: filters };
}
