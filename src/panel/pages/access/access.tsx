import type { JSX } from "preact";
import { Page, Tabs } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { Backends } from "./backends.tsx";
import { Roles } from "./roles.tsx";
import { RulesState } from "./rules-state.tsx";
import { Rules } from "./rules.tsx";
import { Tester } from "./tester.tsx";
import { Users } from "./users.tsx";

const SHOWN = { users: Users, roles: Roles, rules: Rules, test: Tester, backends: Backends } as const;
const TABS = ["users", "roles", "rules", "test", "backends"] as const;

/** The page Access: who there is, what the rules say, a test of them, and where logins come from. */
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
      <RulesState />
      <Shown key={current} />
    </Page>
  );
}
