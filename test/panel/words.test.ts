import { describe, expect, it } from "vitest";
import { LANGUAGES, languageFrom, wordsOf } from "../../src/panel/words/words.ts";

describe("the words of the panel", () => {
  it.each([
    [["de-AT", "en"], "de"],
    [["fr", "de"], "de"],
    [[null, "EN-us"], "en"],
    [["fr"], "en"],
    [[], "en"],
  ] as const)("are for %j in %s", (wanted, language) => {
    expect(languageFrom(wanted)).toBe(language);
  });

  it.each(LANGUAGES)("are never empty in %s", (language) => {
    expect(textsIn(wordsOf(language)).filter((text) => text.trim() === "")).toEqual([]);
  });

  it("are not left in English in German, but for names that are the same", () => {
    const [english, german] = [textsIn(wordsOf("en")), textsIn(wordsOf("de"))];
    const same = english.filter((text, index) => text === german[index] && text.includes(" "));
    expect(same.filter((text) => !/^(Home Assistant|MQTT [\d.]+)$/.test(text))).toEqual([]);
  });
});

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
