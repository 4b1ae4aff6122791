import type { LoginSource } from "../../core/api/clients.ts";

/** Login sources by their names in settings and logs; all others are services of the owner. */
const SOURCES: ReadonlyMap<string, LoginSource> = new Map([
  ["home-assistant", "ha"],
  ["logins", "option"],
  ["password-file", "file"],
  ["users", "file"],
  ["dynamic-security", "dynsec"],
  ["anonymous", "guest"],
  ["bridge", "bridge"],
  ["system-users", "internal"],
]);

/** What the panel calls the source of a login. */
export function loginSourceOf(name: string): LoginSource {
  return SOURCES.get(name) ?? "backend";
}
