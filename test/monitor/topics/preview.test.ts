import { expect, test } from "vitest";
import type { Preview } from "../../../src/core/api/topics.ts";
import { DETAIL, previewOf } from "../../../src/monitor/topics/preview.ts";

const PNG = Buffer.from("89504e470d0a1a0a00000001", "hex");

test.each<[string, Buffer, number, Preview]>([
  ["nothing", Buffer.alloc(0), 10, { kind: "empty", text: "", truncated: false }],
  ["text", Buffer.from("21.5 °C\r\n"), 10, { kind: "text", text: "21.5 °C\r\n", truncated: false }],
  ["long text", Buffer.from("0123456789ab"), 10, { kind: "text", text: "0123456789", truncated: true }],
  ["no half of a character", Buffer.from("a🦟b"), 2, { kind: "text", text: "a", truncated: true }],
  ["JSON", Buffer.from('{"a": [1]}'), 20, { kind: "json", text: '{"a": [1]}', truncated: false }],
  ["long JSON", Buffer.from('["0123456789"]'), 3, { kind: "json", text: '["0', truncated: true }],
  ["what only looks like JSON", Buffer.from("{a}"), 10, { kind: "text", text: "{a}", truncated: false }],
  ["bytes", Buffer.from([0xff, 0x00, 0x10]), 2, { kind: "binary", text: "ff00", truncated: true }],
  ["a zero", Buffer.from("a\0b"), 10, { kind: "binary", text: "610062", truncated: false }],
  ["a picture in a row", PNG, 10, { kind: "image", text: "", truncated: true }],
  ["a picture", PNG, DETAIL, { kind: "image", text: PNG.toString("base64"), truncated: false }],
])("%s", (_, payload, most, preview) => {
  expect(previewOf(payload, payload.length, most)).toEqual(preview);
});

test("a payload of which the start is known is cut, in the middle of a character too", () => {
  expect(previewOf(Buffer.from("aä").subarray(0, 2), 3, 10)).toEqual({ kind: "text", text: "a", truncated: true });
  expect(previewOf(PNG, 9_000, DETAIL)).toEqual({ kind: "image", text: "", truncated: true });
});
