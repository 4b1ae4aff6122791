import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { cssOf, parseRgb, readable, type Rgb } from "./contrast.ts";
import type { Look, Token } from "./home-assistant.ts";
import type { Theme } from "./preferences.ts";

// Names in our style sheet for what Home Assistant calls otherwise.
const GROUNDS = { page: "primary-background-color", card: "card-background-color" } as const;
const INKS = { text: "primary-text-color", muted: "secondary-text-color" } as const;
const SIGNS = {
  accent: "primary-color",
  bad: "error-color",
  warn: "warning-color",
  good: "success-color",
  note: "info-color",
} as const;

/** Gives the page the colours of Home Assistant, or its own light or dark ones, and changes them at once. */
export function wearTheme(page: Window, look: ReadonlySignal<Look | null>, choice: ReadonlySignal<Theme>): void {
  const media = page.matchMedia("(prefers-color-scheme: dark)");
  const prefersDark = signal(media.matches);
  media.addEventListener("change", () => {
    prefersDark.value = media.matches;
  });
  effect(() => {
    const seen = look.value;
    const isDark = choice.value === "auto" ? (seen?.isDark ?? prefersDark.value) : choice.value === "dark";
    // The colours of a theme fit its own lightness only.
    const tokens = seen !== null && seen.isDark === isDark ? seen.tokens : {};
    const root = page.document.documentElement;
    root.dataset["theme"] = isDark ? "dark" : "light";
    wear(page, root, tokens);
  });
}

function wear(page: Window, root: HTMLElement, tokens: Look["tokens"]): void {
  const style = root.style;
  style.cssText = "";
  for (const [name, token] of [...Object.entries(GROUNDS), ["line", "divider-color"] as const]) {
    const value = valid(tokens[token]);
    if (value !== null) style.setProperty(`--${name}`, value);
  }
  const font = tokens["ha-font-family-body"];
  if (font !== undefined && CSS.supports("font-family", font)) style.setProperty("--font", font);

  const probe = page.document.createElement("span");
  page.document.documentElement.append(probe);
  const rgbOf = (value: string): Rgb | null => {
    probe.style.color = "";
    probe.style.color = value;
    return parseRgb(page.getComputedStyle(probe).color);
  };
  const grounds = ["var(--page)", "var(--card)"].map(rgbOf).filter((ground) => ground !== null);
  const put = (names: Readonly<Record<string, Token>>, suffix: string): void => {
    for (const [name, token] of Object.entries(names)) {
      const value = valid(tokens[token]);
      if (value !== null) style.setProperty(`--${name}`, value);
      const seen = rgbOf(`var(--${name})`);
      if (seen !== null) style.setProperty(`--${name}${suffix}`, cssOf(readable(seen, grounds)));
    }
  };
  put(INKS, "");
  put(SIGNS, "-text");
  probe.remove();
}

function valid(value: string | undefined): string | null {
  return value !== undefined && CSS.supports("color", value) ? value : null;
}
