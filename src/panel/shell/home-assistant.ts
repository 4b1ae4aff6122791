import { signal, type ReadonlySignal } from "@preact/signals";

/** The colours and the font that are taken over from Home Assistant's theme. */
export const TOKENS = [
  "primary-background-color",
  "card-background-color",
  "primary-text-color",
  "secondary-text-color",
  "divider-color",
  "primary-color",
  "error-color",
  "warning-color",
  "success-color",
  "info-color",
  "ha-font-family-body",
] as const;

export type Token = (typeof TOKENS)[number];

/** How Home Assistant looks; null: the panel is not inside it, or cannot read it. */
export interface Look {
  readonly isDark: boolean;
  readonly tokens: Readonly<Partial<Record<Token, string>>>;
}

/** The page around the panel. */
export interface HomeAssistant {
  readonly look: ReadonlySignal<Look | null>;
  readonly language: ReadonlySignal<string | null>;
  /** Home Assistant has no room for its sidebar: the panel shows a button that opens it. */
  readonly isNarrow: ReadonlySignal<boolean>;
  /** Opens Home Assistant's sidebar. */
  toggleMenu(): void;
  /** Opens a page of Home Assistant, for example "/config/integrations/integration/mqtt". */
  navigate(path: string): void;
  /** Keeps the address that people copy in step: a path of the panel such as "/devices/kitchen-plug". */
  follow(path: string): void;
  readonly isAround: boolean;
}

// It tells nobody when its language changes; a theme changes the style of its root element.
const LOOK_AGAIN_MS = 500;

/** Talks with the page around: `onPath` hears the path of a deep link. */
export function createHomeAssistant(page: Window, onPath: (path: string) => void): HomeAssistant {
  const isAround = page.parent !== page;
  const look = signal<Look | null>(null);
  const language = signal<string | null>(null);
  const isNarrow = signal(false);
  let prefix: string | null = null;
  let lastPath: string | null = null;

  const send = (message: Readonly<Record<string, unknown>>): void => {
    // Whoever is around learns no secret by these, and its origin is not known in advance.
    if (isAround) page.parent.postMessage(message, "*");
  };
  const read = (): void => {
    const seen = isAround ? readParent(page) : null;
    if (JSON.stringify(seen?.look ?? null) !== JSON.stringify(look.value)) look.value = seen?.look ?? null;
    language.value = seen?.language ?? null;
  };

  read();
  if (isAround) {
    watchRoot(page, read);
    page.setInterval(read, LOOK_AGAIN_MS);
    page.addEventListener("message", (event) => {
      if (event.source !== page.parent || member(event.data, "type") !== "home-assistant/properties") return;
      isNarrow.value = member(event.data, "narrow") === true;
      const route = member(event.data, "route");
      const [at, path] = [member(route, "prefix"), member(route, "path")];
      if (typeof at === "string") prefix = at;
      if (typeof path !== "string" || path === lastPath) return;
      lastPath = path;
      if (path.length > 1) onPath(path);
    });
    send({ type: "home-assistant/subscribe-properties", kioskMode: true });
  }

  return {
    look,
    language,
    isNarrow,
    isAround,
    toggleMenu: () => send({ type: "home-assistant/toggle-menu" }),
    navigate: (path) => send({ type: "home-assistant/navigate", path }),
    follow(path) {
      if (prefix === null || path === lastPath) return;
      lastPath = path;
      send({ type: "home-assistant/navigate", path: `${prefix}${path}`, options: { replace: true } });
    },
  };
}

function watchRoot(page: Window, read: () => void): void {
  try {
    new MutationObserver(read).observe(page.parent.document.documentElement, { attributes: true });
  } catch {
    // Another origin: the panel keeps to the browser's settings.
  }
}

function readParent(page: Window): { readonly look: Look; readonly language: string | null } | null {
  try {
    const hass = member(page.parent.document.querySelector("home-assistant"), "hass");
    if (hass === undefined) return null;
    const style = page.parent.getComputedStyle(page.parent.document.documentElement);
    const tokens: Partial<Record<Token, string>> = {};
    for (const token of TOKENS) {
      const value = style.getPropertyValue(`--${token}`).trim();
      if (value !== "") tokens[token] = value;
    }
    const language = member(hass, "language");
    return {
      look: { isDark: member(member(hass, "themes"), "darkMode") === true, tokens },
      language: typeof language === "string" ? language : null,
    };
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
