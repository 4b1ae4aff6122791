import { dirname } from "node:path";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import type { Environment, PanelSettings, StoreSettings } from "./types.ts";

/**
 * In the app the option switches it, and options that cannot be read leave it on, because it shows what is wrong with
 * them. Elsewhere a line opens it, for this machine alone unless it names an address.
 */
export function panelSettings(
  { kind, host, ports, folders }: Environment,
  options: Options | null,
  { panel: { place, isShut } }: Pick<Draft, "panel">,
  store: StoreSettings | null,
): PanelSettings | null {
  if (kind === "add-on") {
    const port = ports.panel ?? null;
    if (port === null || options?.panel === false) return null;
    return { host, port, folder: folders.data, origin: { file: options?.file ?? "options.json" } };
  }
  if (place === null || isShut) return null;
  const folder = store === null ? null : dirname(store.path);
  return { host: place.host ?? "127.0.0.1", port: place.port, folder, origin: place.origin };
}
