import type { JSX } from "preact";
import { Page, Tabs } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { Certificates } from "./certificates.tsx";
import { Check } from "./check.tsx";
import { Config } from "./config.tsx";
import { Done } from "./done.tsx";
import { Figures } from "./figures.tsx";
import { Listeners } from "./listeners.tsx";
import { Log } from "./log.tsx";
import { Move } from "./move.tsx";
import { Traces } from "./traces.tsx";

const SHOWN = {
  listeners: Listeners,
  certificates: Certificates,
  config: Config,
  check: Check,
  log: Log,
  traces: Traces,
  figures: Figures,
  move: Move,
  done: Done,
} as const;
const TABS = ["listeners", "certificates", "config", "check", "log", "traces", "figures", "move", "done"] as const;

/** The page System: what the broker itself is made of. */
export function SystemPage(): JSX.Element {
  const { words, router } = usePanel();
  const { system } = words.value;
  const current = oneOf(TABS, router.route.value.path[0] ?? null) ?? "listeners";
  const Shown = SHOWN[current];
  return (
    <Page title={system.title} lead={system.lead}>
      <Tabs
        label={system.tabs}
        current={current}
        tabs={TABS.map((name) => ({ name, label: system.tab[name], href: hrefOf("system", [name]) }))}
      />
      <Shown key={current} />
    </Page>
  );
}
