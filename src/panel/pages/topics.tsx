import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Topics. */
export function TopicsPage(): JSX.Element {
  const { topics } = usePanel().words.value;
  return (
    <Page title={topics.title} lead={topics.lead}>
      {null}
    </Page>
  );
}
