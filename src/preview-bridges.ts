import type { BridgePreview } from "./http/panel/bridge-file.ts";
import { loadBridges } from "./snapshot/bridges.ts";
import { readSources } from "./snapshot/sources.ts";
import type { Sources, SourceSpec } from "./snapshot/types.ts";

/** Says which bridges there would be if the file of the panel had this text, with every fault. Nothing is changed. */
export async function previewBridges(spec: SourceSpec, last: Sources, text: string): Promise<BridgePreview> {
  const path = last.panelBridges?.conf.path ?? "";
  const sources = await readSources(spec, last, undefined, new Map([[path, text]]));
  const { plans, problems } = loadBridges(sources, null);
  return { bridges: plans, problems: [...sources.problems, ...problems] };
}
