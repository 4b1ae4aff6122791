import { computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Channel } from "../../core/api/live.ts";
import type { Overview } from "../../core/api/system.ts";
import { ApiError, createApi, type Api } from "../data/api.ts";
import { createLive, type Live } from "../data/live.ts";
import { createStore, type Store } from "../data/store.ts";
import { languageFrom, type Language, wordsOf, type Words } from "../words/words.ts";
import { createFormat, type Format } from "./format.ts";
import { createHomeAssistant, type HomeAssistant } from "./home-assistant.ts";
import { createPreferences, storageOf, type Preferences } from "./preferences.ts";
import { createRouter, hrefOf, type PageName, type Router } from "./router.ts";
import { wearTheme } from "./theme.ts";

/** All that components need, handed to them by `usePanel`. */
export interface Panel {
  readonly api: Api;
  readonly live: Live;
  readonly store: Store;
  readonly router: Router;
  readonly homeAssistant: HomeAssistant;
  readonly preferences: Preferences;
  readonly language: ReadonlySignal<Language>;
  readonly words: ReadonlySignal<Words>;
  readonly format: ReadonlySignal<Format>;
  /** Moves on every few seconds, for "3 minutes ago". */
  readonly nowMs: ReadonlySignal<number>;
  /** The last thing that was done, for all to hear: "Muted for 7 days." */
  readonly said: Signal<string>;
  /** Status of an answer that no waiting mends: 401 or 403. */
  readonly barred: ReadonlySignal<number | null>;
  /** Takes note of what went wrong with a request, and gives the sentence for it. */
  explain(error: unknown): string;
}

const TICK_MS = 5000;
const CHANNELS: Readonly<Record<PageName, readonly Channel[]>> = {
  overview: ["overview", "problems"],
  devices: ["overview", "problems", "clients"],
  problems: ["overview", "problems"],
  topics: ["overview", "problems"],
  access: ["overview", "problems"],
  bridges: ["overview", "problems"],
  system: ["overview", "problems"],
};

/** Makes every part of the panel and connects them. */
export function createPanel(page: Window): Panel {
  const store = createStore();
  const api = createApi(page);
  const router = createRouter(page);
  const preferences = createPreferences(storageOf(page));
  const homeAssistant = createHomeAssistant(page, (path) => router.replace(`#${path}`));
  wearTheme(page, homeAssistant.look, preferences.theme);

  const language = computed(() =>
    preferences.language.value === "auto"
      ? languageFrom([homeAssistant.language.value, ...page.navigator.languages])
      : preferences.language.value,
  );
  const words = computed(() => wordsOf(language.value));
  const nowMs = signal(Date.now());
  const barred = signal<number | null>(null);
  const explain = (error: unknown): string => {
    const { general } = words.value;
    if (!(error instanceof ApiError)) return general.unexpected;
    if (error.status === 401 || error.status === 403) barred.value = error.status;
    if (error.body !== null) return `${error.body.message} ${error.body.hint}`.trim();
    return error.status === 0 || error.status >= 500 ? general.unreachable : general.unexpected;
  };

  const live = createLive(page, (frame) => store.take(frame));
  const fetchOverview = async (): Promise<void> => {
    try {
      store.takeOverview(await api.get<Overview>("overview"));
      barred.value = null;
    } catch (error) {
      explain(error);
    }
  };
  page.setInterval(() => {
    nowMs.value = Date.now();
    if (live.state.value === "paused") void fetchOverview();
  }, TICK_MS);
  effect(() => {
    page.document.documentElement.lang = language.value;
  });
  effect(() => {
    const { page: name, path } = router.route.value;
    live.watch(CHANNELS[name]);
    homeAssistant.follow(followable(name, path));
  });
  effect(() => {
    if (live.state.value === "paused") void fetchOverview();
  });

  return {
    api,
    live,
    store,
    router,
    homeAssistant,
    preferences,
    language,
    words,
    format: computed(() => createFormat(localeOf(page, language.value))),
    nowMs,
    said: signal(""),
    barred,
    explain,
  };
}

/** The browser's own variant of the language, for the order of a date and the hours of a clock. */
function localeOf(page: Window, language: Language): string {
  return page.navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

/** The path that Home Assistant shows: its filter of addresses takes harmless characters only. */
function followable(name: PageName, path: readonly string[]): string {
  const isHarmless = path.every((segment) => /^[\w.-]+$/.test(segment) && !segment.includes(".."));
  return hrefOf(name, isHarmless ? path : []).slice(1);
}

/** The panel that a component belongs to. */
export const PanelContext = createContext<Panel | null>(null);

/** Gives a component what it needs. */
export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (panel === null) throw new Error("component outside of PanelContext");
  return panel;
}
