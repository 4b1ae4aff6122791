import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { backends } from "../../src/auth/registry.ts";

test("the backends have different types, each with a file and a test", () => {
  const types = backends.map(({ type }) => type);
  expect(types).toEqual([
    "logins",
    "password-file",
    "certificate",
    "users",
    "clientid",
    "jwt",
    "ldap",
    "http",
    "mysql",
    "postgresql",
    "redis",
    "mongodb",
    "anonymous",
  ]);
  for (const type of types) {
    expect(existsSync(new URL(`../../src/auth/backends/${type}.ts`, import.meta.url))).toBe(true);
    expect(existsSync(new URL(`./backends/${type}.test.ts`, import.meta.url))).toBe(true);
  }
});
