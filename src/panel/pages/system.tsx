import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page System. */
export function SystemPage(): JSX.Element {
  const { system } = usePanel().words.value;
  return (
    <Page title={system.title} lead={system.lead}>
      {null}
    </Page>
  );
}
