import { expect, test } from "vitest";
import { assignClientId } from "../../src/broker/client-id.ts";

test("an assigned client id has mosquitto's form and is never the same twice", () => {
  const ids = Array.from({ length: 100 }, assignClientId);
  for (const id of ids)
    expect(id).toMatch(/^auto-[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
  expect(new Set(ids).size).toBe(100);
});
