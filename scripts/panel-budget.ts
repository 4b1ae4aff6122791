import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bytes that a phone in the garden may have to load, gzip; a page that outgrows them was not looked at on one. */
const MAX_GZIP_BYTES = { js: 60_000, css: 10_000 } as const;

/** What the built panel weighs, and what it may. */
export function weightsOf(
  folder: string,
): readonly { readonly ending: string; readonly bytes: number; readonly most: number }[] {
  const names = readdirSync(folder);
  return Object.entries(MAX_GZIP_BYTES).map(([ending, most]) => {
    const files = names.filter((name) => name.endsWith(`.${ending}`));
    const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
    return { ending, bytes, most };
  });
}
