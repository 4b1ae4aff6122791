import { expect, test } from "vitest";
import { parseForm } from "../../src/http/form.ts";

test.each<[string, string, string]>([
  ["a=b+c%20d", "a", "b c d"],
  ["a=hello from http...", "a", "hello from http..."],
  ["a", "a", ""],
  ["a=1&a=2", "a", "1"],
  ["a=x=y", "a", "x=y"],
  ["a=100%&b=%zz", "a", "100%"],
  ["a=100%&b=%zz", "b", "%zz"],
  ["a=%4", "a", "%4"],
  ["a=%%41%2B%2b", "a", "%A++"],
  ["&&a=1&", "a", "1"],
  ["%61=1", "a", "1"],
  ["", "", ""],
])("%s has the field %s", (text, name, value) => {
  expect(parseForm(Buffer.from(text)).get(name)?.toString()).toBe(value);
});

test("has a hundred fields at most", () => {
  const fields = parseForm(Buffer.from(Array.from({ length: 101 }, (_, index) => `f${index}=1`).join("&")));
  expect([fields.size, fields.has("f99"), fields.has("f100")]).toEqual([100, true, false]);
});

test("bytes that are no text stay as they are", () => {
  expect(parseForm(Buffer.from("m=%00%ff")).get("m")).toEqual(Buffer.from([0, 0xff]));
});
