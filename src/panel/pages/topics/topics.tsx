import type { JSX } from "preact";
import { Page, Tabs } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { CleanUp } from "./clean-up.tsx";
import { JobList, useJobs, type Jobs } from "./jobs.tsx";
import { LiveMessages } from "./live-messages.tsx";
import { Retained } from "./retained.tsx";
import { TopicList } from "./topic-list.tsx";
import { TopicPage } from "./topic-page.tsx";
import { Trash } from "./trash.tsx";

const TABS = ["all", "live", "retained", "trash", "clean-up"] as const;

/** The page Topics: its parts, or the topic that the address names. */
export function TopicsPage(): JSX.Element {
  const { topic } = usePanel().router.route.value.query;
  return topic === undefined ? <TopicTabs /> : <TopicPage key={topic} topic={topic} />;
}

function TopicTabs(): JSX.Element {
  const { words, router } = usePanel();
  const { topics } = words.value;
  const current = oneOf(TABS, router.route.value.path[0] ?? null) ?? "all";
  const jobs = useJobs();
  return (
    <Page title={topics.title} lead={topics.lead}>
      <Tabs
        label={topics.tabs}
        current={current}
        tabs={TABS.map((name) => ({
          name,
          label: topics.tab[name],
          href: hrefOf("topics", name === "all" ? [] : [name]),
        }))}
      />
      <JobList jobs={jobs} />
      <Tab key={current} name={current} jobs={jobs} />
    </Page>
  );
}

function Tab({ name, jobs }: { readonly name: (typeof TABS)[number]; readonly jobs: Jobs }): JSX.Element {
  switch (name) {
    case "all":
      return <TopicList />;
    case "live":
      return <LiveMessages />;
    case "retained":
      return <Retained jobs={jobs} />;
    case "trash":
      return <Trash jobs={jobs} />;
    case "clean-up":
      return <CleanUp jobs={jobs} />;
  }
}
