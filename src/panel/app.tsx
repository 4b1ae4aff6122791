import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Select } from "./components/controls.tsx";
import { Dialog } from "./components/dialog.tsx";
import { Icon } from "./components/icon.tsx";
import { Notice } from "./components/page.tsx";
import { PAGES_SHOWN } from "./pages/pages.ts";
import { usePanel } from "./shell/panel.ts";
import { hrefOf, PAGES } from "./shell/router.ts";

/** The panel: the menu, and the page that the address names. */
export function App(): JSX.Element {
  const { router, words, homeAssistant, said } = usePanel();
  const { general } = words.value;
  const { page, path } = router.route.value;
  const Shown = PAGES_SHOWN[page];
  const main = useRef<HTMLElement>(null);
  const place = [page, ...path].join("/");
  const isFirst = useRef(true);
  useEffect(() => {
    // Whoever followed a link hears where it led; at the start the focus stays where Home Assistant has it.
    if (!isFirst.current) main.current?.querySelector("h1")?.focus();
    isFirst.current = false;
  }, [place]);

  return (
    <div class={homeAssistant.isNarrow.value ? "app app--narrow" : "app"}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {general.skip}
      </a>
      <Menu />
      <main id="main" ref={main} tabIndex={-1}>
        <Connection />
        <Shown key={page} />
      </main>
      <p class="toast" role="status">
        {said.value === "" ? null : <span>{said.value}</span>}
      </p>
    </div>
  );
}

function Menu(): JSX.Element {
  const { router, words, homeAssistant, store } = usePanel();
  const { general } = words.value;
  const settingsOpen = useSignal(false);
  const problems = store.overview.value?.problems.total ?? 0;
  const nav = useRef<HTMLElement>(null);
  const { page } = router.route.value;
  useEffect(() => {
    // A narrow window shows a part of the menu.
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [page]);
  return (
    <div class="menu">
      {homeAssistant.isNarrow.value ? (
        <button
          type="button"
          class="menu__button"
          aria-label={general.openSidebar}
          onClick={() => homeAssistant.toggleMenu()}
        >
          <Icon name="menu" />
        </button>
      ) : null}
      <nav aria-label={general.menu} ref={nav}>
        <ul>
          {PAGES.map((name) => (
            <li key={name}>
              <a href={hrefOf(name)} aria-current={page === name ? "page" : undefined}>
                <Icon name={name} />
                <span>{words.value[name].title}</span>
                {name === "problems" && problems > 0 ? (
                  <span class="count" title={general.problemCount(problems)}>
                    {problems}
                  </span>
                ) : null}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <button
        type="button"
        class="menu__button"
        aria-label={general.settings}
        aria-haspopup="dialog"
        onClick={() => (settingsOpen.value = true)}
      >
        <Icon name="settings" />
      </button>
      {settingsOpen.value ? <Settings onClose={() => (settingsOpen.value = false)} /> : null}
    </div>
  );
}

function Settings({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { preferences, words } = usePanel();
  const { general } = words.value;
  return (
    <Dialog title={general.settings} onClose={onClose}>
      <Select
        label={general.theme}
        value={preferences.theme.value}
        choices={(["auto", "light", "dark"] as const).map((value) => ({ value, label: general.themes[value] }))}
        onChange={(value) => (preferences.theme.value = value)}
      />
      <Select
        label={general.language}
        value={preferences.language.value}
        choices={(["auto", "en", "de"] as const).map((value) => ({ value, label: general.languages[value] }))}
        onChange={(value) => (preferences.language.value = value)}
      />
    </Dialog>
  );
}

const TOAST_MS = 4000;

/** Says when what is shown is old, and why. */
function Connection(): JSX.Element | null {
  const { words, live, barred, said } = usePanel();
  const { general } = words.value;
  useSignalEffect(() => {
    if (said.value === "") return;
    const timer = setTimeout(() => (said.value = ""), TOAST_MS);
    return () => clearTimeout(timer);
  });
  if (barred.value === 403) return <Notice tone="bad">{general.noAdmin}</Notice>;
  if (barred.value !== null) return <Notice tone="bad">{general.reopen}</Notice>;
  if (live.state.value === "paused") return <Notice tone="warn">{general.pausedLong}</Notice>;
  return null;
}
