import { describe, expect, it } from "vitest";
import { placeOf, sameProblem, sentence } from "../../src/core/problem.ts";
import type { Problem } from "../../src/core/types.ts";

const PROBLEM: Problem = {
  severity: "warning",
  what: 'acl.conf line 6: "pub" is not an access type.',
  now: "The rules loaded at 12:03 stay in use.",
  fix: "Use read or write.",
  where: { file: "acl.conf", line: 6 },
};

describe("placeOf", () => {
  it("names the file and the line", () => {
    expect(placeOf({ file: "acl.conf", line: 6 })).toBe("acl.conf line 6");
  });

  it("names the file alone where there are no lines", () => {
    expect(placeOf({ file: "options.json" })).toBe("options.json");
  });
});

describe("a problem", () => {
  it("is read as what is wrong, what happens now and what to do", () => {
    expect(sentence(PROBLEM)).toBe(
      'acl.conf line 6: "pub" is not an access type. The rules loaded at 12:03 stay in use. Use read or write.',
    );
  });

  it("is the same when it reads the same and is as bad", () => {
    expect(sameProblem(PROBLEM, { ...PROBLEM, where: { file: "acl.conf" } })).toBe(true);
    expect(sameProblem(PROBLEM, { ...PROBLEM, severity: "error" })).toBe(false);
    expect(sameProblem(PROBLEM, { ...PROBLEM, now: "Nobody may use any topic." })).toBe(false);
  });
});
