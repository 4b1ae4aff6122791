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
])("%s has the field %s", (text, name, value) => {
  expect(parseForm(Buffer.from(text)).get(name)?.toString()).toBe(value);
});

test("bytes that are no text stay as they are", () => {
  expect(parseForm(Buffer.from("m=%00%ff")).get("m")).toEqual(Buffer.from([0, 0xff]));
});
