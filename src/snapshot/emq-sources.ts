import { resolve } from "node:path";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import { pathInEtc } from "../settings/emq/values.ts";
import type { Directive } from "../settings/types.ts";
import type { Listing, Reading } from "./reading.ts";
import type { FileText } from "./types.ts";

/** The line that names the folder with the files of plugins. */
export const ETC_DIR = "mqtt.plugins.etc_dir";

/** The files of the plugins that an emq.conf leads to, or the code of what kept their folder from being listed. */
type PluginFiles = { readonly folder: string } & Listing;

/** Reads the files that lines name, as far as they can be read. */
export async function readNamed(
  directives: readonly Directive[],
  read: (shown: string) => Promise<FileText>,
): Promise<ReadonlyMap<Directive, string>> {
  const texts = new Map<Directive, string>();
  for (const directive of directives) {
    if (directive.value === "") continue;
    const found = await read(pathInEtc(directive.value));
    if (found.error === null) texts.set(directive, found.text);
  }
  return texts;
}

/**
 * Finds the files of the plugins that EMQ has loaded: `mqtt.plugins.etc_dir = etc/plugins/` names their folder, and
 * `mqtt.plugins.loaded_file = data/loaded_plugins` a file that says `emq_auth_mysql.` of each that is loaded.
 */
export async function listPlugins(
  directives: readonly Directive[],
  etcDir: Directive,
  base: string,
  reading: Reading,
): Promise<PluginFiles> {
  const folder = resolve(base, pathInEtc(etcDir.value));
  const listed = await reading.confNames(folder);
  const loaded = directives.find(({ name }) => name === "mqtt.plugins.loaded_file");
  if (listed.names === null || loaded === undefined) return { folder, ...listed };
  // beside "etc", where the conf file is
  const found = await reading.text(resolve(base, "..", loaded.value));
  if (found.error !== null) {
    reading.problems.push(unread(loaded, found.error));
    return { folder, ...listed };
  }
  const plugins = new Set(found.text.match(/\bemq_\w+/g));
  return { folder, names: listed.names.filter((name) => plugins.has(name.replace(/\.conf$/, ""))), error: null };
}

/** Says that the folder of the plugins cannot be listed; what happens now is left open. */
export function pluginsUnread({ name, value, origin: where }: Directive, code: string): Omit<Problem, "now"> {
  const what = `${placeOf(where)}: "${name}": the folder "${value}" cannot be read (${code}).`;
  return { severity: "error", what, fix: "Create the folder, or remove the line.", where };
}

function unread({ name, value, origin: where }: Directive, code: string): Problem {
  return {
    severity: "warning",
    what: `${placeOf(where)}: "${name}": the file "${value}" cannot be read (${code}).`,
    now: "The plugins of all files in the folder of plugins count as loaded.",
    fix: "Copy the file too, or leave only the files of plugins that are to be used in that folder.",
    where,
  };
}
