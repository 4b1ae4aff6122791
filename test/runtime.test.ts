import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FLAGS } from "../src/runtime.ts";
import { launch, layOut, startAddon } from "./helpers/culex.ts";
import { tempFolder } from "./helpers/temp.ts";

const root = join(import.meta.dirname, "..");
const flagsOf = (text: string): readonly string[] =>
  text.split(/[\s\0]+/).filter((word) => /^--(max|expose)-/.test(word));

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

describe("what is compiled when the image is built", () => {
  it("is all that an app loads, so that no start on a small machine strips types", { timeout: 60_000 }, async () => {
    const cache = tempFolder();
    const command = /^RUN NODE_COMPILE_CACHE=\S+ node (.*) -e '(.*)'$/m.exec(
      readFileSync(join(root, "Dockerfile"), "utf8"),
    );
    const [, flags = "", script = ""] = command ?? [];
    const env = { ...process.env, NODE_COMPILE_CACHE: cache };
    execFileSync(process.execPath, [...flags.split(" "), "-e", script.replaceAll("/opt/culex", root)], { env });
    const compiled = readdirSync(cache, { recursive: true, encoding: "utf8" });
    expect(compiled.length).toBeGreaterThan(500);

    const options = {
      anonymous: true,
      http_publish: { active: true },
      sensors: { active: true },
      metrics: { active: true },
    };
    const folders = layOut({ "data/options.json": JSON.stringify(options) });
    // with the flags on the command line it does not start anew, and uses this cache
    const running = launch([...FLAGS, "addon/main.ts"], {
      CULEX_DATA_DIR: folders.data,
      CULEX_SHARE_DIR: folders.share,
      CULEX_SSL_DIR: folders.ssl,
      CULEX_HOST: "127.0.0.1",
      CULEX_PORTS: "0,0,0,0,0,0,0",
      NODE_COMPILE_CACHE: cache,
    });
    await running.line(/ ready: /);
    const panel = /http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "";
    expect((await fetch(`${panel}api/v1/overview`)).status).toBe(200);
    // what strips types takes 20 MB in each thread, and what loading leaves behind 11
    await vi.waitFor(() => expect(residentMegabytes(running.pid)).toBeLessThan(115), {
      timeout: 10_000,
      interval: 100,
    });
    expect(await running.stop()).toBe(0);
    expect(new Set(readdirSync(cache, { recursive: true, encoding: "utf8" }))).toEqual(new Set(compiled));
  });
});

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}
