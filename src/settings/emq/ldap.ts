import type { RawObject } from "../../core/raw-object.ts";
import { originsOf, type Plugin, type PluginLines, present } from "./plugin.ts";
import { tlsKeys, tlsOf } from "./tls.ts";
import { secondsOf } from "./values.ts";

/** A directory: `auth.ldap.user_dn` of EMQ 2.0 to 2.2 tries the password, `auth.ldap.auth_dn` of 2.3 reads its hash. */
export const ldap: Plugin = {
  prefix: "auth.ldap",
  type: "ldap",
  keys: [
    "servers",
    "port",
    "timeout",
    "user_dn",
    "ssl",
    "bind_dn",
    "bind_password",
    "auth_dn",
    "password_hash",
    ...tlsKeys("ssl"),
  ],
  unused: [{ key: "ssl.fail_if_no_peer_cert", because: "only a server asks others for certificates that way" }],
  isList: false,
  make(lines) {
    const isSecure = lines.flag("ssl") ?? false;
    return {
      settings: present({
        url: urlOf(lines, isSecure),
        tls: tlsOf(lines, isSecure, "ssl", "ssl"),
        ...(lines.text("auth_dn") === null ? byName(lines) : bySearch(lines)),
      }),
      origins: originsOf(lines, {
        url: "servers",
        tls: "ssl",
        user: "user_dn",
        base: "auth_dn",
        bind: "bind_dn",
        hash: "password_hash",
      }),
      hasRules: false,
      timeoutMs: timeoutOf(lines),
    };
  },
};

function urlOf(lines: PluginLines, isSecure: boolean): string {
  const [server = "127.0.0.1", ...more] = (lines.orElse("servers", "127.0.0.1") ?? "127.0.0.1").split(/[\s,]+/);
  if (more.length > 0) {
    lines.note(
      "servers",
      "more than one server is named.",
      `Only ${server} is asked.`,
      "Keep the one that is to be asked.",
    );
  }
  const port = lines.count("port") ?? (isSecure ? 636 : 389);
  const host = server.includes(":") && !server.startsWith("[") ? `[${server}]` : server;
  return `${isSecure ? "ldaps" : "ldap"}://${host}:${port}`;
}

/** EMQ may wait longer than a device does. */
function timeoutOf(lines: PluginLines): number {
  const text = lines.text("timeout");
  const seconds = text === null ? 5 : secondsOf(text);
  if (seconds !== null && seconds > 0) return Math.min(seconds, 30) * 1000;
  lines.fail("timeout", `"auth.ldap.timeout = ${text}" is no time`, "Write seconds, up to 30.");
  return 5000;
}

/** The attribute that names the entry is the one that must be the user name to the letter: "uid" in "uid=%u,ou=People". */
function byName(lines: PluginLines): RawObject {
  const user = lines.required("user_dn");
  const { name = null } = /^\s*(?<name>[A-Za-z][\w-]*)\s*=\s*%u\s*(?:,|$)/.exec(user ?? "")?.groups ?? {};
  return present({ user, attributes: name === null ? null : { username: name } });
}

/** As EMQ's schema has it: an entry with the attributes `username` and `password`. */
function bySearch(lines: PluginLines): RawObject {
  const dn = lines.text("bind_dn");
  return present({
    base: lines.text("auth_dn"),
    scope: "base",
    filter: "(objectClass=*)",
    bind: dn === null ? null : { dn, password: lines.required("bind_password") ?? "" },
    password: "password",
    hash: lines.text("password_hash") ?? "sha256",
    attributes: { username: "username" },
  });
}
