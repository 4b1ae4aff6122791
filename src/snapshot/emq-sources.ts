import { join, resolve } from "node:path";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import { namesFile } from "../settings/emq/plugin.ts";
import { pathInEtc } from "../settings/emq/values.ts";
import type { Directive } from "../settings/types.ts";
import type { Reading } from "./reading.ts";
import type { FileText } from "./types.ts";

/** The conf files of EMQ's plugins that an emq.conf leads to. */
interface PluginFiles {
  /** The line that names their folder. */
  readonly directive: Directive;
  readonly folder: string;
  readonly names: readonly string[];
}

/** Reads the certificates and keys that lines of plugins name, as far as they can be read. */
export async function readNamed(
  directives: readonly Directive[],
  read: (shown: string) => Promise<FileText>,
): Promise<ReadonlyMap<Directive, string>> {
  const texts = new Map<Directive, string>();
  for (const directive of directives) {
    if (!namesFile(directive.name) || directive.value === "") continue;
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
  base: string,
  reading: Reading,
): Promise<PluginFiles | null> {
  const directive = directives.find(({ name }) => name === "mqtt.plugins.etc_dir");
  if (directive === undefined) return null;
  const folder = resolve(base, pathInEtc(directive.value));
  const { names } = await reading.confNames(folder);
  if (names === null) {
    reading.problems.push(warning(directive, `there is no folder "${directive.value}".`, NO_PLUGINS, REMOVE));
    return null;
  }
  const loaded = directives.find(({ name }) => name === "mqtt.plugins.loaded_file");
  if (loaded === undefined) return { directive, folder, names };
  // beside "etc", where the conf file is
  const found = await reading.text(join(base, "..", loaded.value));
  if (found.error !== null) {
    reading.problems.push(warning(loaded, `the file "${loaded.value}" cannot be read (${found.error}).`, ALL, KEEP));
    return { directive, folder, names };
  }
  const plugins = new Set(found.text.match(/\bemq_\w+/g));
  return { directive, folder, names: names.filter((name) => plugins.has(name.replace(/\.conf$/, ""))) };
}

const NO_PLUGINS = "Files of plugins in the folder of this file count where all its files are read, and no others.";
const REMOVE = "Remove the line, or copy the folder.";
const ALL = "The plugins of all files in the folder of plugins count as loaded.";
const KEEP = "Copy the file too, or leave only the files of plugins that are to be used in that folder.";

function warning({ name, origin: where }: Directive, what: string, now: string, fix: string): Problem {
  return { severity: "warning", what: `${placeOf(where)}: "${name}": ${what}`, now, fix, where };
}
