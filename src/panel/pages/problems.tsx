import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Problems. */
export function ProblemsPage(): JSX.Element {
  const { problems } = usePanel().words.value;
  return <Page title={problems.title}>{null}</Page>;
}
