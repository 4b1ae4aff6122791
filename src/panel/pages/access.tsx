import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Access. */
export function AccessPage(): JSX.Element {
  const { access } = usePanel().words.value;
  return (
    <Page title={access.title} lead={access.lead}>
      {null}
    </Page>
  );
}
