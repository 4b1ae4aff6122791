import { basename } from "node:path";
import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import { parseConf } from "./conf-file.ts";
import { findDirective } from "./directives.ts";
import { bridgeDirectives } from "./directives/bridge.ts";
import { firstWord } from "./directives/row.ts";
import type { ConfFile, Directive } from "./types.ts";

/** The conf file with the bridges that were made in the panel. */
export const PANEL_BRIDGES_FILE = "panel-bridges.conf";

/** Whether a place is in that file: others may have its name, and are called by that alone. */
export function isPanelBridges({ file }: Pick<Origin, "file">): boolean {
  return file.endsWith(`/${PANEL_BRIDGES_FILE}`);
}

/** A bridge of that file, as it is written there. */
export interface PanelBridge {
  readonly name: string;
  /** Of its `connection` line. */
  readonly origin: Origin;
  /** The lines below it, by the names of Mosquitto's manual. */
  readonly lines: readonly Pick<Directive, "name" | "value">[];
}

/**
 * Reads the conf file of the panel. It is one like all others, but only bridges count in it: what it says otherwise
 * would change the broker from a place where nobody looks. `shown` is its folder in the user's words.
 */
export function parsePanelBridges(
  path: string,
  text: string,
  shown: string,
): { readonly conf: ConfFile; readonly problems: readonly Problem[] } {
  const { directives, problems } = parseConf(path, text, `${shown}/${PANEL_BRIDGES_FILE}`);
  const foreign = directives.filter(({ name }) => findDirective(name) !== null && !NAMES.has(name));
  return {
    conf: {
      path,
      file: basename(path),
      directives: directives.filter((directive) => !foreign.includes(directive)),
      includes: new Map(),
      emq: null,
    },
    problems: [...problems, ...foreign.map(misplaced)],
  };
}

/** The bridges that such a file names. */
export function panelBridgesIn({ directives }: Pick<ConfFile, "directives">): readonly PanelBridge[] {
  const bridges: { name: string; origin: Origin; lines: PanelBridge["lines"][number][] }[] = [];
  for (const { name, value, origin } of directives) {
    if (name === "connection") bridges.push({ name: firstWord(value), origin, lines: [] });
    else bridges.at(-1)?.lines.push({ name: ALIASES.get(name) ?? name, value });
  }
  return bridges;
}

/** Writes the file. */
export function panelBridgesText(bridges: readonly Pick<PanelBridge, "name" | "lines">[]): string {
  const blocks = bridges.map(({ name, lines }) =>
    [`connection ${name}`, ...lines.map((line) => `${line.name} ${line.value}`)].join("\n"),
  );
  return `${[HEADER, ...blocks].join("\n\n")}\n`;
}

const HEADER = `# Bridges made in the panel of Culex, in the words of mosquitto.conf. The panel writes this file anew
# with each change of a bridge: comments do not last. Bridges of your own belong into a file of your own.`;

/** Other names of the same directives. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["addresses", "address"],
  ["username", "remote_username"],
  ["password", "remote_password"],
  ["clientid", "remote_clientid"],
]);

const NAMES: ReadonlySet<string> = new Set(bridgeDirectives.map(({ name }) => name));

/** What a bridge of the panel can have besides its name, topics and password. */
export const PANEL_BRIDGE_SETTINGS: ReadonlySet<string> = new Set(
  bridgeDirectives
    .filter(({ fate }) => fate === "carried out")
    .map(({ name }) => name)
    .filter((name) => !["connection", "topic", "remote_password"].includes(name) && !ALIASES.has(name)),
);

function misplaced({ name, origin }: Directive): Problem {
  return {
    severity: "warning",
    what: `${placeOf(origin)}: "${name}" does not belong to a bridge, and this file is for bridges alone.`,
    now: "The line is ignored.",
    fix: "Write it into another conf file, or remove it.",
    where: origin,
  };
}
