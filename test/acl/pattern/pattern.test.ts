import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compilePattern } from "../../../src/acl/pattern/pattern.ts";

describe("a pattern", () => {
  const TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "abab",
    "a/b",
    "A",
    "a1",
    "1",
    "-",
    "]",
    "x\ny",
    "a_b",
    "^",
    "é",
    "aaaa",
    "\\",
  ];
  test.each([
    "a",
    "^a$",
    "^$",
    "",
    "a|b",
    "^(a|b)+$",
    "^(?:ab)*$",
    "a*?b",
    "[a-c]",
    "[^a-c]",
    "[]a]",
    "[a-]",
    "[\\d-]",
    "\\d",
    "\\D",
    "\\w$",
    "^\\S+$",
    "a{2}",
    "^a{1,3}$",
    "^(a|b){2,}$",
    "^.$",
    "x.y",
    "^(a?){3}$",
    "^(a*)*b$",
    "\\\\",
    "(|a)b",
    "é",
    "a{",
  ])("%s finds what JavaScript finds", (source) => {
    const finds = compilePattern(source);
    const expected = new RegExp(source.replace("[]a]", "[\\]a]"), "");
    expect(TEXTS.filter(finds)).toEqual(TEXTS.filter((text) => expected.test(text)));
  });

  it("finds what JavaScript finds, whatever it is made of", () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "^", "$"),
        fc.tuple(tie("pattern"), tie("pattern")).map((parts) => parts.join("")),
        fc.tuple(tie("pattern"), tie("pattern")).map((parts) => `(${parts.join("|")})`),
        fc.tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{0,2}")).map(([part, n]) => `(?:${part})${n}`),
      ),
    }));
    const texts = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }).map((parts) => parts.join(""));
    let found = 0;
    fc.assert(
      fc.property(pattern, fc.array(texts, { minLength: 4, maxLength: 4 }), (source, asked) => {
        const finds = compilePattern(source);
        for (const text of asked) {
          const expected = new RegExp(source).test(text);
          expect(finds(text)).toBe(expected);
          if (expected) found++;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  it("answers for a text on which an engine that backtracks would never end", () => {
    const finds = compilePattern("^(a+)+$");
    expect(finds(`${"a".repeat(2_000)}!`)).toBe(false);
    expect(finds("a".repeat(2_000))).toBe(true);
  });

  test.each([
    ["(", 'a ")" is missing'],
    ["a)", 'a ")" has no "(" before it'],
    ["[a", "it ends too early"],
    ["\\", "it ends too early"],
    ["*a", '"*" has nothing before it to repeat'],
    ["a**", "two repetitions follow each other"],
    ["a++", 'a possessive "+" is not supported'],
    ["(?=a)", '"(?=" is not supported'],
    ["(?i)a", '"(?i" is not supported'],
    ["(a)\\1", '"\\1" is not supported'],
    ["\\Aa", '"\\A" is not supported'],
    ["[[:alpha:]]", '"[:" is not supported'],
    ["[b-a]", '"b-a" is no range'],
    ["[a-\\d]", '"a-\\d" is no range'],
    ["a{3,2}", '"{3,2}" is no repetition from 0 to 255'],
    ["a{300}", '"{300}" is no repetition from 0 to 255'],
    ["((a{200}){200})", "its repetitions are too many"],
    ["a".repeat(501), "it is longer than 500 characters"],
  ])("%s is refused", (source, message) => {
    expect(() => compilePattern(source)).toThrow(message);
  });
});
