import type { JSX } from "preact";
import { Page, Tabs } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { Rules } from "./rules.tsx";
import { Tester } from "./tester.tsx";
import { Users } from "./users.tsx";

const SHOWN = { users: Users, rules: Rules, test: Tester } as const;
const TABS = ["users", "rules", "test"] as const;

/** The page Access: who there is, what the rules say, and a test of them. */
export function AccessPage(): JSX.Element {
  const { words, router } = usePanel();
  const { access } = words.value;
  const current = oneOf(TABS, router.route.value.path[0] ?? null) ?? "users";
  const Shown = SHOWN[current];
  return (
    <Page title={access.title} lead={access.lead}>
      <Tabs
        label={access.tabs}
        current={current}
        tabs={TABS.map((name) => ({ name, label: access.tab[name], href: hrefOf("access", [name]) }))}
      />
      <Shown key={current} />
    </Page>
  );
}
