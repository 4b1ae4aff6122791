import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository, textOf } from "./files.ts";

const config = JSON.parse(textOf("config.json"));
const service = "rootfs/etc/s6-overlay/s6-rc.d/culex";

describe("what the Supervisor and the store read", () => {
  it("has one version everywhere", () => {
    const [, newest] = textOf("CHANGELOG.md").match(/^## (\S+)$/m) ?? [];
    expect([JSON.parse(textOf("package.json")).version, newest]).toEqual([config.version, config.version]);
  });

  it("has no second configuration, because the Supervisor searches every folder for one", () => {
    expect(tracked().filter((path) => /(^|\/)config\.(json|ya?ml)$/.test(path))).toEqual(["config.json"]);
  });

  it("has no build file, which the Supervisor no longer wants", () => {
    expect(tracked().filter((path) => /(^|\/)build\.(json|ya?ml)$/.test(path))).toEqual([]);
  });

  it("gives the store the name of the repository", () => {
    expect(textOf("repository.yaml")).toMatch(/^name: \S/m);
    expect(textOf("repository.yaml")).toContain(`url: ${config.url}\n`);
  });

  it.each([
    ["icon.png", 128, 128],
    ["logo.png", 250, 100],
  ])("%s is a PNG of %i x %i pixels", (name, width, height) => {
    const bytes = readFileSync(join(repository, name));
    // Signature, length and type of the first chunk, then two numbers of four bytes.
    expect(bytes.toString("latin1", 1, 4) + bytes.toString("latin1", 12, 16)).toBe("PNGIHDR");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([width, height]);
  });

  it("carries the whole licence that package.json names", () => {
    expect(JSON.parse(textOf("package.json")).license).toBe("Apache-2.0");
    expect(textOf("LICENSE")).toContain("Version 2.0, January 2004");
    expect(textOf("LICENSE")).toContain("END OF TERMS AND CONDITIONS");
  });
});

describe("apparmor.txt", () => {
  it("has exactly one profile line that the Supervisor can rename, with the app's slug", () => {
    const profiles = [...textOf("apparmor.txt").matchAll(/^profile ([^ ]+).*$/gm)].map((match) => match[1]);
    expect(profiles).toEqual([config.slug]);
  });

  it("knows the app as its peer under the name that the Supervisor gives it", () => {
    const peers = [...textOf("apparmor.txt").matchAll(/peer=(\S+),/g)].map((match) => match[1]);
    expect(new Set(peers)).toEqual(new Set([`*_${config.slug}`]));
  });

  it("lets the broker write to /data, and in /share what belongs to a file of dynamic security", () => {
    const [, broker = ""] = textOf("apparmor.txt").split("profile broker");
    const writable = [...broker.matchAll(/^ {4}(\/\S*) [rmkix]*w\w*,$/gm)].map((match) => match[1]);
    expect(writable).toEqual(["/data/{,**}", "/share/*/", "/share/**.json{,.tmp,.bak,.pw}"]);
  });
});

describe("the s6 service", () => {
  it.each(["run", "finish"])("%s is executable, on disk and in git", (name) => {
    expect(statSync(join(repository, service, name)).mode & 0o111).toBe(0o111);
    expect(git("ls-files", "--stage", `${service}/${name}`)).toMatch(/^100755 /);
  });

  it.each(["run", "finish"])("%s is plain sh with the container's environment", (name) => {
    expect(textOf(`${service}/${name}`).split("\n")[0]).toBe("#!/command/with-contenv sh");
    expect(textOf(`${service}/${name}`)).not.toContain("bashio");
  });

  it("runs as long as the app, after the base, and is switched on", () => {
    expect(textOf(`${service}/type`)).toBe("longrun\n");
    expect(textOf(`${service}/dependencies.d/base`)).toBe("");
    expect(textOf("rootfs/etc/s6-overlay/s6-rc.d/user/contents.d/culex")).toBe("");
  });

  it("has less time to stop than the Supervisor gives the app, so that s6 ends it and not Docker", () => {
    expect(Number(textOf(`${service}/timeout-kill`))).toBeLessThan(config.timeout * 1000);
  });
});

function tracked(): readonly string[] {
  return git("ls-files").trim().split("\n");
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: repository, encoding: "utf8" });
}
