import type { ComponentType } from "preact";
import type { PageName } from "../shell/router.ts";
import { AccessPage } from "./access/access.tsx";
import { BridgesPage } from "./bridges/bridges.tsx";
import { DevicesPage } from "./devices/devices.tsx";
import { OverviewPage } from "./overview/overview.tsx";
import { ProblemsPage } from "./problems/problems.tsx";
import { SystemPage } from "./system/system.tsx";
import { TopicsPage } from "./topics/topics.tsx";

/** What is shown for each entry of the menu. */
export const PAGES_SHOWN: Readonly<Record<PageName, ComponentType>> = {
  overview: OverviewPage,
  devices: DevicesPage,
  problems: ProblemsPage,
  topics: TopicsPage,
  access: AccessPage,
  bridges: BridgesPage,
  system: SystemPage,
};
