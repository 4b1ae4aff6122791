import { expect, test } from "vitest";
import { jsonExcess, parseModestJson } from "../../src/core/modest-json.ts";

const BOUNDS = { levels: 3, values: 4 } as const;

test.each<[string, ReturnType<typeof jsonExcess>]>([
  ['{"a":{"b":[1]}}', null],
  ['{"a":{"b":[[]]}}', "levels"],
  ["[[[[", "levels"],
  ["[[],[]]", null],
  ["[1,2,3,4]", null],
  ["[1,2,3,4,5]", "values"],
  ["[{},{},{}]", "values"],
  [",,,,,", "values"],
  ['["[[[[,,,,,,","\\"[[[[,,,,,"]', null],
  ['["\\\\",[[]]]', null],
  ['["\\\\",[[[]]]]', "levels"],
  ['["unended [[[[[,,,,,', null],
  ["", null],
])("%s: %s", (text, excess) => {
  expect(jsonExcess(Buffer.from(text), BOUNDS)).toBe(excess);
});

test.each<[string, unknown]>([
  ['{"a":[1]}', { a: [1] }],
  ["null", null],
  ["[[[[]]]]", undefined],
  ["{", undefined],
])("parses %s only within the bounds", (text, value) => {
  expect(parseModestJson(Buffer.from(text), BOUNDS)).toEqual(value);
});

test("bytes that are no UTF-8 are no JSON", () => {
  expect(parseModestJson(Buffer.from([0x22, 0xff, 0x22]), BOUNDS)).toBeUndefined();
});
