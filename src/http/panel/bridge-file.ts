import { codeOf, messageOf } from "../../core/errors.ts";
import { placeOf } from "../../core/problem.ts";
import type { Problem } from "../../core/types.ts";
import { writeAtomically } from "../../core/write-atomically.ts";
import {
  isPanelBridges,
  PANEL_BRIDGES_FILE,
  panelBridgesIn,
  panelBridgesText,
  type PanelBridge,
} from "../../settings/panel-bridges.ts";
import type { BridgePlan, Snapshot, Sources } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { checkReadable, fieldOf } from "./bridge-lines.ts";

export interface BridgeFileDeps {
  readonly current: () => Pick<Snapshot, "settings">;
  readonly sources: () => Pick<Sources, "panelBridges">;
  /** What there would be if the file of the panel had that text. */
  readonly preview: (text: string) => Promise<BridgePreview>;
  /** Makes current what is in the files; ends when it is. */
  readonly reload: (cause: string) => Promise<void>;
}

export interface BridgePreview {
  readonly bridges: readonly BridgePlan[];
  readonly problems: readonly Problem[];
}

type Entry = Pick<PanelBridge, "name" | "lines">;
type Entries = readonly Entry[];

/** The bridges that were made in the panel, and the one who writes them. */
export interface BridgeFile {
  entries(): readonly PanelBridge[];
  /** @throws ApiError when there is none of that name, or it is written elsewhere. */
  find(name: string): PanelBridge;
  /** The bridge as it would be. @throws ApiError when it would not be started. */
  plan(entry: Entry): Promise<BridgePlan>;
  /** Writes what `edit` makes of the bridges, and makes it current; one change at a time. `edit` may throw. */
  change(edit: (entries: readonly PanelBridge[]) => Entries | Promise<Entries>): Promise<void>;
}

const MAX_BRIDGES = 50;

/** Makes the one that writes bridges. */
export function createBridgeFile({ current, sources, preview, reload }: BridgeFileDeps): BridgeFile {
  let changing: Promise<unknown> = Promise.resolve();

  const entries = (): readonly PanelBridge[] => {
    const { panelBridges } = sources();
    return panelBridges === null ? [] : panelBridgesIn(panelBridges.conf);
  };

  const write = async (next: Entries): Promise<void> => {
    const { panelBridges } = sources();
    if (panelBridges === null) throw noPlace();
    if (!panelBridges.isIntact) throw notIntact();
    if (next.length > MAX_BRIDGES) throw new ApiError("conflict", TOO_MANY, "Remove one first.");
    try {
      await writeAtomically(panelBridges.conf.path, [panelBridgesText(next)]);
    } catch (error) {
      const why = codeOf(error) ?? messageOf(error);
      const message = `${PANEL_BRIDGES_FILE} cannot be written (${why}). Nothing has changed.`;
      throw new ApiError("unavailable", message, "Make its folder writable, or make room on the disk.");
    }
    await reload("the panel");
  };

  return {
    entries,
    find(name) {
      const found = entries().find((entry) => entry.name === name);
      if (found !== undefined) return found;
      const other = current().settings.bridges.find((bridge) => bridge.name === name);
      if (other === undefined) throw new ApiError("not_found", `There is no bridge ${name}.`, "Load the list again.");
      const where = placeOf(other.origin);
      throw new ApiError("conflict", `The bridge ${name} was not made here.`, `Edit it at ${where}.`, {
        where: other.origin,
      });
    },
    async plan(entry) {
      if (sources().panelBridges === null) throw noPlace();
      checkReadable(entry);
      const text = panelBridgesText(placed(entries(), entry));
      const { bridges, problems } = await preview(text);
      const [from, to] = linesIn(text, entry);
      const fault = problems.find(
        ({ severity, where }) =>
          where !== undefined &&
          isPanelBridges(where) &&
          where.line !== undefined &&
          where.line >= from &&
          where.line <= to &&
          // what is said of the whole bridge may be a hint; a line that does nothing is never meant
          (severity === "error" || where.line > from),
      );
      if (fault !== undefined) throw refusalOf(fault, text);
      const plan = bridges.find(({ settings: { name, origin } }) => name === entry.name && isPanelBridges(origin));
      if (plan !== undefined) return plan;
      const message = `The bridge ${entry.name} would not be started.`;
      throw new ApiError("conflict", message, "See under Problems what is wrong with the settings.");
    },
    change(edit) {
      const next = changing.then(async () => write(await edit(entries())));
      changing = next.catch(() => undefined);
      return next;
    },
  };
}

/** The bridges with this one in the place of the one with its name, or behind them. */
export function placed(entries: Entries, entry: Entry): Entries {
  return entries.some(({ name }) => name === entry.name)
    ? entries.map((other) => (other.name === entry.name ? entry : other))
    : [...entries, entry];
}

/** The first and the last line of a bridge, counted from 1. */
function linesIn(text: string, { name, lines }: Entry): readonly [number, number] {
  const first = text.split("\n").indexOf(`connection ${name}`) + 1;
  return [first, first + lines.length];
}

/** A fault in a file that was never written: the place is a field of the request. */
function refusalOf({ what, fix, where }: Problem, text: string): ApiError {
  const place = where === undefined ? "" : `${placeOf(where)}: `;
  const told = what.startsWith(place) ? what.slice(place.length) : what;
  const name = text.split("\n")[(where?.line ?? 0) - 1]?.split(" ")[0] ?? "";
  // what is said of the whole bridge is about no single field
  const about = name === "connection" ? {} : { field: fieldOf(name) };
  return new ApiError("invalid", told.replace(/^the /, "The "), fix, about);
}

const TOO_MANY = `There are ${MAX_BRIDGES} bridges already, and no more are kept.`;

function noPlace(): ApiError {
  const hint = 'Write "persistence true" and persistence_location into the conf file, or the bridge itself.';
  return new ApiError("conflict", "This broker has no folder where a bridge could be kept.", hint);
}

function notIntact(): ApiError {
  const message = `${PANEL_BRIDGES_FILE} cannot be read now, and is not overwritten.`;
  return new ApiError("conflict", message, "Make it readable, or remove it.");
}
