import { bridges } from "./bridges.ts";
import { access } from "./access.ts";
import { devices } from "./devices.ts";
import { general } from "./general.ts";
import { overview } from "./overview.ts";
import { problems } from "./problems.ts";
import { system } from "./system.ts";
import { topics } from "./topics.ts";

/** The languages of the panel; the app's options have the same in translations/. */
export const LANGUAGES = ["en", "de"] as const;

export type Language = (typeof LANGUAGES)[number];

export type Words = ReturnType<typeof wordsOf>;

/** All texts of the panel in one language. A key that one language lacks does not pass the type check. */
export function wordsOf(language: Language) {
  return {
    general: general[language],
    overview: overview[language],
    devices: devices[language],
    problems: problems[language],
    topics: topics[language],
    access: access[language],
    bridges: bridges[language],
    system: system[language],
  };
}

/** Picks the first language that the panel speaks: "de-AT" is "de". Without one it speaks English. */
export function languageFrom(wanted: readonly (string | null)[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language === tag?.toLowerCase().split("-")[0]);
    if (found !== undefined) return found;
  }
  return "en";
}
