import { expect, test } from "vitest";
import { linesOf, utf8Text } from "../../src/core/text.ts";

test.each(["", "garten", "pässwörd €", "🔑", "\ufeffwith a mark", "\0", "\ufffd"])(
  "%j comes back as it was",
  (text) => {
    expect(utf8Text(Buffer.from(text))).toBe(text);
  },
);

test.each([
  ["a byte of Latin-1", [0x70, 0xe4]],
  ["half a character", [0xe2, 0x82]],
  ["an overlong form", [0xc0, 0xaf]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
])("%s is no text", (_what, bytes) => {
  expect(utf8Text(Uint8Array.from(bytes))).toBeNull();
});

test.each(["a\nb\n", "a\r\nb\r\n", "a\rb\r"])("%j is two lines and an empty one", (text) => {
  expect(linesOf(text)).toEqual(["a", "b", ""]);
});
