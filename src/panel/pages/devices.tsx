import type { JSX } from "preact";
import { Page } from "../components/page.tsx";
import { usePanel } from "../shell/panel.ts";

/** The page Devices. */
export function DevicesPage(): JSX.Element {
  const { devices } = usePanel().words.value;
  return <Page title={devices.title}>{null}</Page>;
}
