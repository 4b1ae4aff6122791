import { expect, test } from "vitest";
import { passwordBytes } from "../../src/auth/password-bytes.ts";

test.each([
  ["secret", "secret"],
  ["secret\0", "secret"],
  ["secret\0more\0", "secret"],
  ["\0secret", ""],
  ["", ""],
  ["pässwörd €", "pässwörd €"],
])("%j ends at its first zero byte", (sent, kept) => {
  expect(passwordBytes(Buffer.from(sent)).toString()).toBe(kept);
});

test("the copy does not change with the bytes it was made from", () => {
  const sent = Buffer.from("secret\0");
  const kept = passwordBytes(sent);
  sent.fill(0x78);
  expect(kept.toString()).toBe("secret");
});
