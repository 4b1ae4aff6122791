import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** Where the built panel is. */
export const panelFolder = join(root, "dist", "panel");

/** Builds the panel unless what is there is of these sources. */
export function buildPanel(): void {
  execFileSync(process.execPath, ["scripts/build-panel.ts", "--if-stale"], { cwd: root, stdio: "pipe" });
}
