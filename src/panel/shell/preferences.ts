import { effect, signal, type Signal } from "@preact/signals";
import { LANGUAGES, type Language } from "../words/words.ts";

export type Theme = "auto" | "light" | "dark";

/** What the person chose for this browser; "auto" follows Home Assistant. */
export interface Preferences {
  readonly theme: Signal<Theme>;
  readonly language: Signal<"auto" | Language>;
}

// The origin is Home Assistant's own, shared with every other panel.
const KEYS = { theme: "culex-theme", language: "culex-language" } as const;
const THEMES = ["auto", "light", "dark"] as const;
const CHOICES = ["auto", ...LANGUAGES] as const;

/** Reads the choices of this browser, and keeps them when they change. */
export function createPreferences(storage: Storage | null): Preferences {
  const theme = signal<Theme>(oneOf(THEMES, read(storage, KEYS.theme)) ?? "auto");
  const language = signal<"auto" | Language>(oneOf(CHOICES, read(storage, KEYS.language)) ?? "auto");
  effect(() => write(storage, KEYS.theme, theme.value));
  effect(() => write(storage, KEYS.language, language.value));
  return { theme, language };
}

/** The browser's storage, or null where its settings forbid it. */
export function storageOf(page: Window): Storage | null {
  try {
    return page.localStorage;
  } catch {
    return null;
  }
}

function read(storage: Storage | null, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function write(storage: Storage | null, key: string, value: string): void {
  try {
    if (value === "auto") storage?.removeItem(key);
    else storage?.setItem(key, value);
  } catch {
    // A full or forbidden storage: the choice lasts as long as the page.
  }
}

/** Finds the choice that a text names. */
export function oneOf<T extends string>(choices: readonly T[], text: string | null): T | undefined {
  return choices.find((choice) => choice === text);
}
