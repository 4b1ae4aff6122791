import { basename } from "node:path";
import { readMomentOf } from "./cli/moment.ts";
import { ConfigError } from "./core/errors.ts";
import type { Problem } from "./core/types.ts";
import type { Sources, SourceSpec } from "./snapshot/types.ts";

/**
 * Says which faults there would be at a start if a file of the configuration, given by its base name, had this text;
 * null: there is no such file. Nothing is changed.
 */
export async function checkText(
  spec: SourceSpec,
  { watched, dynsec }: Pick<Sources, "watched" | "dynsec">,
  file: string,
  text: string,
): Promise<readonly Problem[] | null> {
  const path = watched.find((each) => basename(each) === file);
  // commands alone change dynamic security, and its file holds their digests
  if (path === undefined || file === dynsec?.file) return null;
  try {
    const { snapshot, close } = await readMomentOf(spec, new Map([[path, text]]));
    await close();
    return snapshot.problems;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
