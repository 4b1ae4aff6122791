import { posix } from "node:path";
import type { Origin } from "../core/types.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { resolvePath } from "./paths.ts";
import type { DynamicSecuritySettings, Folders } from "./types.ts";

/** What the lines of conf files say; null: it is not loaded, or loaded and not used. */
export function confDynamicSecurity({ dynamicSecurity }: Draft): DynamicSecuritySettings | null {
  if (dynamicSecurity === null || !dynamicSecurity.isInUse) return null;
  const { file, passwordInitFile, origin } = dynamicSecurity;
  return { file, passwordInitFile, origin };
}

/**
 * What the add-on has: the lines of conf files have the last word, then the option, whose file lies where the other
 * files of a broker lie. There its owner can see it, keep a copy and put one from elsewhere in its place.
 */
export function addOnDynamicSecurity(
  folders: Folders,
  { file, dynamicSecurity, customize }: Options,
  draft: Draft,
): DynamicSecuritySettings | null {
  const named = confDynamicSecurity(draft);
  if (named !== null || !dynamicSecurity) return named;
  const origin: Origin = { file };
  const folder = posix.join("/share", customize.folder);
  const shown = posix.join(folder, "dynamic-security.json");
  return {
    file: { path: resolvePath(shown, folders), shown, folder, origin },
    passwordInitFile: null,
    origin,
  };
}
