import { dirname, join, posix } from "node:path";
import { BAN_FILE } from "./ban-file.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { resolvePath, shownFolder } from "./paths.ts";
import type { FileReference, Folders, StoreSettings } from "./types.ts";

/** The file that a conf file names, or the option; else the one in the add-on's data folder. */
export function addOnBanFile(folders: Folders, options: Options | null, { banFile }: Draft): FileReference {
  if (banFile !== null) return banFile;
  const named = options?.banFile ?? "";
  const shown = named === "" ? posix.join("/data", BAN_FILE) : posix.resolve("/share", named);
  const path = resolvePath(shown, folders);
  return { path, shown, folder: shownFolder(path, folders), origin: { file: options?.file ?? "options.json" } };
}

/** The file that a conf file names, else the one beside the store; null: there is neither. */
export function standAloneBanFile(store: StoreSettings | null, { banFile }: Draft): FileReference | null {
  if (banFile !== null || store === null) return banFile;
  const path = join(dirname(store.path), BAN_FILE);
  return { path, shown: path, folder: dirname(path), origin: { file: BAN_FILE } };
}
