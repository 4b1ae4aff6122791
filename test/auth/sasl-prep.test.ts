import { expect, test } from "vitest";
import { saslPrep } from "../../src/auth/sasl-prep.ts";

test.each([
  ["secret", "secret"],
  [" a b ", " a b "],
  ["USER", "USER"],
  // the examples of RFC 4013, section 3
  ["I\u00adX", "IX"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["a\u00a0b\u3000c", "a b c"],
  ["u\u0308", "\u00fc"],
  ["ﬁsh", "fish"],
  ["zero\u200bwidth", "zero width"],
  ["zero\ufeffwidth\u2060", "zerowidth"],
  ["🔑", "🔑"],
  ["\u0007", "\u0007"],
])("%j becomes %j", (password, prepared) => {
  expect(saslPrep(password)).toBe(prepared);
});
