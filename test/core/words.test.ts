import { describe, expect, it } from "vitest";
import { counted, listed } from "../../src/core/words.ts";

describe("listed", () => {
  it.each([
    [[], ""],
    [["1883"], "1883"],
    [["1883", "1884"], "1883 and 1884"],
    [["1883", "1884", "1885"], "1883, 1884 and 1885"],
  ])("joins %j as %j", (words, text) => {
    expect(listed(words, "and")).toBe(text);
  });

  it("offers a choice with the other joint", () => {
    expect(listed(["topic", "user", "pattern"], "or")).toBe("topic, user or pattern");
  });
});

describe("counted", () => {
  it.each([
    [0, "0 errors"],
    [1, "1 error"],
    [2, "2 errors"],
  ])("says %i as %j", (count, text) => {
    expect(counted(count, "error")).toBe(text);
  });
});
