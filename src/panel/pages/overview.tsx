import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Overview. */
export function OverviewPage(): JSX.Element {
  const { overview } = usePanel().words.value;
  return <Page title={overview.title}>{null}</Page>;
}
