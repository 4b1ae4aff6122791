import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../core/errors.ts";
import { writeAtomically } from "../../core/write-atomically.ts";

/** The file's name in the data folder. */
export const TOKEN_FILE = "panel-token";

/**
 * Reads the token that lets other machines open the panel; the first time it is made. The file holds one line.
 * @throws the system's error when it can neither be read nor written.
 */
export async function loadToken(folder: string): Promise<string> {
  const path = join(folder, TOKEN_FILE);
  const stored = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  });
  const known = stored.trim();
  // a short one was not made here, and could be guessed
  if (known.length >= 20) return known;
  const token = randomBytes(24).toString("base64url");
  await writeAtomically(path, [`${token}\n`]);
  return token;
}
