import { expect, test } from "vitest";
import { parseTextTemplate } from "../../../src/auth/database/text-template.ts";

const filled = (text: string, username: string | null, clientid: string | null): string | null =>
  parseTextTemplate(text, ["username", "clientid"]).textFor({ username, clientid });

test.each([
  ["users", "a", "b", "users"],
  ["mqtt_user:%u", "a:b %c ${clientid}", "b", "mqtt_user:a:b %c ${clientid}"],
  ["%u:%c:x", "a", "b:c", "a:b:c:x"],
  ["%u:%c", "a:b", "c", null],
  ["%u--%c", "a-", "b", null],
  ["%u--%c", "a-b", "-c", "a-b---c"],
  ["%u:%c/%u", "a", "b/c", null],
  ["%u", null, "b", null],
  ["%u", "", "b", ""],
  ["%a%t", "a", "b", "%a%t"],
])("%s for %j and %j is %j", (text, username, clientid, expected) => {
  expect(filled(text, username, clientid)).toBe(expected);
});

test("two names that run together name nobody for sure", () => {
  expect(() => filled("%u%c", "a", "b")).toThrow(new Error('%u and %c run together; put a ":" between them'));
});
