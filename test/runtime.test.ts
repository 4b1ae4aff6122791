import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FLAGS } from "../src/runtime.ts";
import { layOut, startAddon } from "./helpers/culex.ts";

const root = join(import.meta.dirname, "..");
const flagsOf = (text: string): readonly string[] => text.split(/[\s\0]+/).filter((word) => word.startsWith("--max-"));

describe("the flags that Node takes on its command line only", () => {
  it.each(["rootfs/etc/s6-overlay/s6-rc.d/culex/run", "Dockerfile", "scripts/setup.sh"])("are those of %s", (file) => {
    expect(flagsOf(readFileSync(join(root, file), "utf8"))).toEqual(FLAGS);
  });

  it("are taken by a process that was started without them, with its pid and its environment", async () => {
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify({ anonymous: true }) }));
    expect(flagsOf(readFileSync(`/proc/${running.pid}/cmdline`, "utf8"))).toEqual(FLAGS);
    expect(await running.stop()).toBe(0);
  });
});
