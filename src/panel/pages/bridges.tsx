import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Bridges. */
export function BridgesPage(): JSX.Element {
  const { bridges } = usePanel().words.value;
  return (
    <Page title={bridges.title} lead={bridges.lead}>
      {null}
    </Page>
  );
}
