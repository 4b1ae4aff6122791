import { dirname, join, resolve } from "node:path";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { DEFAULT_STORE_INTERVAL_S } from "./schema.ts";
import type { Environment, Folders, StoreSettings } from "./types.ts";

const FILE = "culex.db";
/** Half an hour, mosquitto's own default: who writes more has mosquitto's snapshots in mind, which cost more. */
const MAX_AUTOSAVE_S = 1800;

/** The add-on stores in its data folder unless a conf file says `persistence false`; its folder cannot be chosen. */
export function addOnStore(
  folders: Folders,
  options: Options | null,
  draft: Draft,
): { readonly value: StoreSettings | null; readonly problems: readonly Problem[] } {
  const { persistence } = draft;
  if (persistence?.isOn === false) {
    const problem: Problem = {
      severity: "warning",
      what: `${placeOf(persistence.origin)}: persistence is switched off.`,
      now: "Sessions, queued and retained messages end with each restart.",
      fix: "Remove the line to keep them.",
      where: persistence.origin,
    };
    return { value: null, problems: [problem] };
  }
  const interval = options?.storeInterval ?? DEFAULT_STORE_INTERVAL_S;
  const intervalS = autosaveS(draft) ?? interval;
  // asked for on the Configuration tab, and stronger than any interval
  const mode = interval === 0 ? "always" : "interval";
  return { value: { path: join(folders.data, FILE), intervalS, mode }, problems: [] };
}

/** Without `persistence true` nothing is stored, as in mosquitto. */
export function standAloneStore(draft: Draft): StoreSettings | null {
  if (draft.persistence?.isOn !== true) return null;
  const path = resolve(draft.persistenceLocation ?? "", FILE);
  return { path, intervalS: autosaveS(draft) ?? DEFAULT_STORE_INTERVAL_S, mode: "interval" };
}

/** Where a broker is spoken to by commands on the same machine; null: nowhere, since it has no folder of its own. */
export function controlFolder(
  { kind, folders }: Pick<Environment, "kind" | "folders">,
  store: StoreSettings | null,
): string | null {
  if (store !== null) return dirname(store.path);
  return kind === "add-on" ? folders.data : null;
}

/** null: no line says it, or it asks for saving at the end only, which would lose all in a crash. */
function autosaveS({ autosaveIntervalS }: Draft): number | null {
  return autosaveIntervalS === null || autosaveIntervalS === 0 ? null : Math.min(autosaveIntervalS, MAX_AUTOSAVE_S);
}
