import { describe, expect, it } from "vitest";
import { asSentence, visible } from "../../../src/panel/components/text.tsx";

describe("text from the network", () => {
  it.each([
    ["kitchen/temp", "kitchen/temp"],
    ["Küche 🌡", "Küche 🌡"],
    ['"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'],
    ["a\tb\nc\0d\u007f", "a␉b␊c␀d␡"],
    ["user\u202Eexe.txt", "user⟨U+202E⟩exe.txt"],
    ["a\u200bb\u2066c\ufeff\u0085", "a⟨U+200B⟩b⟨U+2066⟩c⟨U+FEFF⟩⟨U+0085⟩"],
    ["\ud800", "⟨U+D800⟩"],
  ])("shows %j as %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

it.each([
  ["wrong password for user meter", "Wrong password for user meter."],
  ["Set a new password.", "Set a new password."],
  ["what happened?", "What happened?"],
])("makes a sentence of %j", (reason, sentence) => {
  expect(asSentence(reason)).toBe(sentence);
});
