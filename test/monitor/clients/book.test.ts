import { expect, test } from "vitest";
import { createBook } from "../../../src/monitor/clients/book.ts";

test("remembers no more names of clients than it has room for", () => {
  const book = createBook();
  const client = (clientId: string) => ({ clientId, username: null, address: "192.0.2.1", listener: "1883" });
  for (let count = 0; count < 1000; count++) book.touch(client(`${count}`.padEnd(65_000, "x")));
  let characters = 0;
  for (const clientId of book.entries.keys()) characters += clientId.length;
  expect(characters).toBeGreaterThan(4 * 1024 * 1024);
  expect(characters).toBeLessThanOrEqual(8 * 1024 * 1024);
  expect(book.get("999".padEnd(65_000, "x"))).toBeDefined();
  expect(book.get("0".padEnd(65_000, "x"))).toBeUndefined();
});
