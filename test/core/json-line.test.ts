import { describe, expect, it } from "vitest";
import { messageOf } from "../../src/core/errors.ts";
import { jsonFaultLine } from "../../src/core/json-line.ts";

function lineOf(source: string): number | null {
  try {
    JSON.parse(source);
  } catch (error) {
    return jsonFaultLine(source, messageOf(error));
  }
  throw new Error("this is JSON");
}

describe("the line of a fault in JSON", () => {
  it.each([
    ["a comma at the end", '{\n"a": 1,\n}', 3],
    ["a missing comma", '{\n"a": 1\n"b": 2\n}', 3],
    ["a bare word", '{\n"a": 1,\n"b": yes,\n"c": 3\n}', 3],
    ["a missing brace", '{\n"a": 1\n\n', 2],
    ["nothing", "", 1],
    ["an open quote", '{\n"a": "x\n}', 2],
    ["a second object", "{}\n{}", 2],
  ])("is found for %s", (_, source, line) => {
    expect(lineOf(source)).toBe(line);
  });

  it("is found at any place of a long text", () => {
    const lines = ["[", ...Array.from({ length: 2_000 }, (_, at) => `{"n": ${at}},`), "1]"];
    for (const at of [1, 2, 777, 1_999, 2_000]) {
      expect(lineOf(lines.with(at, '{"n": oops},').join("\n"))).toBe(at + 1);
    }
  });
});
