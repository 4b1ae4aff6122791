import { join } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import type { Problem } from "../core/types.ts";
import { PANEL_BRIDGES_FILE, parsePanelBridges } from "../settings/panel-bridges.ts";
import { shownFolder } from "../settings/paths.ts";
import { controlFolder } from "../settings/store.ts";
import type { StoreSettings } from "../settings/types.ts";
import type { Reading } from "./reading.ts";
import type { PanelBridgesFile, Sources, SourceSpec, UnreadText } from "./types.ts";

/** Reads the bridges made in the panel, beside the store; null: there is no folder for them. */
export async function readPanelBridges(
  { environment }: SourceSpec,
  store: StoreSettings | null,
  last: Sources | null,
  reading: Reading,
): Promise<PanelBridgesFile | null> {
  const folder = controlFolder(environment, store);
  if (folder === null) return null;
  const path = join(folder, PANEL_BRIDGES_FILE);
  const shown = shownFolder(path, environment.folders);
  const found = await reading.text(path);
  // there is none until the first bridge is made
  const text = found.error === "ENOENT" ? "" : found.text;
  if (text !== null) {
    const { conf, problems } = parsePanelBridges(path, text, shown);
    reading.problems.push(...problems);
    return { conf, readAtMs: reading.startedAtMs, isIntact: true };
  }
  const earlier = last?.panelBridges?.conf.path === path ? last.panelBridges : null;
  if (found.error !== null) reading.problems.push(unread(found, `${shown}/${PANEL_BRIDGES_FILE}`, earlier));
  const { conf, readAtMs } = earlier ?? {
    conf: parsePanelBridges(path, "", shown).conf,
    readAtMs: reading.startedAtMs,
  };
  return { conf, readAtMs, isIntact: false };
}

function unread({ error, fix }: UnreadText, file: string, earlier: PanelBridgesFile | null): Problem {
  return {
    severity: "error",
    what: `${file} cannot be read (${error}).`,
    now:
      earlier === null
        ? "The bridges made in the panel are not started."
        : `The bridges read at ${clockTime(earlier.readAtMs)} stay in use.`,
    fix: fix ?? "Check that the file may be read by the broker.",
    where: { file },
  };
}
