import { assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { matchesGlob } from "../../src/core/glob.ts";

test.each([
  ["tasmota_*", "tasmota_4711", true],
  ["tasmota_*", "Tasmota_4711", false],
  ["*-plug", "kitchen-plug", true],
  ["*-plug", "kitchen-plugs", false],
  ["a*b*c", "a1b2c", true],
  ["a*b*c", "abcb", false],
  ["plug-?", "plug-1", true],
  ["plug-?", "plug-", false],
  ["*", "", true],
  ["", "a", false],
  ["a.c", "abc", false],
])("%j and %j: %j", (pattern, text, matches) => {
  expect(matchesGlob(pattern, text)).toBe(matches);
});

test("agrees with a regular expression", () => {
  const word = string({ unit: constantFrom("a", "b", "*", "?"), maxLength: 8 });
  assert(
    property(word, string({ unit: constantFrom("a", "b"), maxLength: 8 }), (pattern, text) => {
      const source = pattern.replaceAll("*", ".*").replaceAll("?", ".");
      expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
    }),
  );
});

test("takes no time worth mentioning for what would keep a regular expression busy for years", () => {
  expect(matchesGlob("*a".repeat(30), "a".repeat(5000) + "b")).toBe(false);
});
