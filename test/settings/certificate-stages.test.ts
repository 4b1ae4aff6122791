import { expect, test } from "vitest";
import { takesCertificates } from "../../src/settings/certificate-stages.ts";

test.each([
  ["certificate", { naming: "subject" }, true],
  ["users", { users: [{ username: "a" }, { username: "b", grants: ["password", "certificate"] }] }, true],
  [
    "users",
    { users: [{ username: "a", grants: ["password"] }, { username: "b" }, null, { grants: "certificate" }] },
    false,
  ],
  ["users", { users: "certificate" }, false],
  ["users", null, false],
  ["logins", { users: [{ grants: ["certificate"] }] }, false],
])("a stage of type %s with %j", (type, settings, isWanted) => {
  expect(takesCertificates({ type, settings })).toBe(isWanted);
});
