import { expect, test } from "vitest";
import { foreignLine, linesOf, utf8Text } from "../../src/core/text.ts";

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

test.each([
  ["UTF-8", Buffer.from("\ufeffuser jürgen\n"), null],
  ["Latin-1 in a comment", Buffer.from("  # für\nuser a\n", "latin1"), null],
  ["Latin-1", Buffer.from("# für\nuser jürgen\n", "latin1"), 2],
  ["UTF-16", Buffer.from("\ufeffuser a\n", "utf16le"), 1],
  ["UTF-16 without a mark", Buffer.from("user a\n", "utf16le"), 1],
])("the first foreign line of %s", (_, bytes, line) => {
  expect(foreignLine(bytes)).toBe(line);
});
