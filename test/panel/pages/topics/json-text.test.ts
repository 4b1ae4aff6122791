import { describe, expect, it } from "vitest";
import { indented, valuesIn } from "../../../../src/panel/pages/topics/json-text.ts";

describe("JSON as people read it", () => {
  it.each([
    ['{"a":1,"b":[true,null]}', '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}'],
    ['{ "a" : {}, "b": [ ] }', '{\n  "a": {},\n  "b": []\n}'],
    ['["{,:]\\"",1e400,12345678901234567890]', '[\n  "{,:]\\"",\n  1e400,\n  12345678901234567890\n]'],
    ["", ""],
  ])("has %j over several lines, and every value as it was", (json, expected) => {
    expect(indented(json)).toBe(expected);
  });

  it("has values that templates name", () => {
    expect(valuesIn('{"a":{"b c":[1,"x"]},"it\'s":null}')).toEqual([
      { path: "value_json.a['b c'][0]", text: "1" },
      { path: "value_json.a['b c'][1]", text: "x" },
      { path: "value_json['it\\'s']", text: "null" },
    ]);
    expect(valuesIn("[".repeat(10))).toEqual([]);
    expect(valuesIn(JSON.stringify(Array.from({ length: 60 }, () => 1)))).toHaveLength(50);
  });
});
