import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Keeps compiled code beside the packages: the next start needs neither to strip types nor to compile, which halves its
 * time and saves 25 MB. Where the folder cannot be written, as in the image, what was put there at its build is used.
 */
export function useCompileCache(): void {
  enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "culex"));
}
