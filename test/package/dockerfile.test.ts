import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { imageFiles, readDockerfile } from "./dockerfile.ts";
import { repository, textOf } from "./files.ts";

const instructions = readDockerfile();
const lastStage = instructions.at(-1)?.stage ?? 0;

describe("the Dockerfile", () => {
  it("has a base image that the Supervisor need not name", () => {
    expect(instructions[0]).toEqual({
      keyword: "ARG",
      value: "BUILD_FROM=ghcr.io/home-assistant/base:3.23",
      stage: 0,
    });
    expect(values("FROM")).toEqual(["${BUILD_FROM} AS packages", "${BUILD_FROM} AS panel", "${BUILD_FROM}"]);
  });

  it("installs the packages of production only, and runs none of their scripts", () => {
    const npm = instructions.filter(({ keyword, value }) => keyword === "RUN" && value.startsWith("npm"));
    expect(npm.map(({ value, stage }) => [value, stage])).toEqual([
      ["npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund", 1],
      // Its packages stay behind: what is built of them is all that the image takes.
      ["npm ci --ignore-scripts --no-audit --no-fund && node scripts/build-panel.ts", 2],
    ]);
    expect(lastStage).toBe(3);
  });

  it("brings Node and no npm into the image", () => {
    const added = instructions.filter(({ stage, value }) => stage === lastStage && value.startsWith("apk add"));
    expect(added.map(({ value }) => value)).toEqual(["apk add --no-cache nodejs"]);
  });

  it("copies the program, its packages and the s6 service, which all exist", () => {
    const files = imageFiles(instructions);
    expect(files).toEqual([
      ["node_modules", "/opt/culex/node_modules"],
      ["package.json", "/opt/culex/package.json"],
      ["src", "/opt/culex/src"],
      ["dist/panel", "/opt/culex/dist/panel"],
      ["addon", "/opt/culex/addon"],
      ["rootfs", "/"],
    ]);
    const made = ["dist/panel"];
    expect(
      files.map(([from]) => from).filter((from) => !made.includes(from) && !existsSync(join(repository, from))),
    ).toEqual([]);
  });

  it("is given everything it copies, and nothing else of the folder", () => {
    const given = textOf(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = instructions
      .filter(({ keyword, value }) => keyword === "COPY" && !value.startsWith("--from"))
      .flatMap(({ value }) => value.split(" ").slice(0, -1));
    expect(textOf(".dockerignore")).toMatch(/^\*$/m);
    expect(given.toSorted()).toEqual([...new Set(copied)].toSorted());
  });

  it("asks Node for what the program needs, in words that Node here agrees with", () => {
    const [script] = values("RUN").flatMap((command) => command.match(/^node -e '([^']+)'$/)?.slice(1) ?? []);
    expect(script).toContain("process.features.typescript");
    expect(script).toContain("node:sqlite");
    expect(() => run(script ?? "")).not.toThrow();
    // The same question fails the build where Node does not run TypeScript.
    expect(() => run(script ?? "", "--no-experimental-strip-types")).toThrow("this Node does not run TypeScript");
  });

  it("checks the port that answers devices, quickly at the start and seldom later", () => {
    expect(values("HEALTHCHECK")).toEqual([
      "--interval=30s --timeout=10s --start-period=60s --start-interval=2s --retries=3 " +
        "CMD timeout 5 nc 127.0.0.1 1883 </dev/null >/dev/null 2>&1 || exit 1",
    ]);
    expect(Object.keys(JSON.parse(textOf("config.json")).ports)).toContain("1883/tcp");
  });

  it.each([
    ["io.hass.type", "app"],
    ["io.hass.arch", "${BUILD_ARCH}"],
    ["io.hass.version", "${BUILD_VERSION}"],
    ["io.hass.name", JSON.parse(textOf("config.json")).name],
    ["io.hass.description", JSON.parse(textOf("config.json")).description],
    ["io.hass.url", JSON.parse(textOf("config.json")).url],
    ["org.opencontainers.image.licenses", "Apache-2.0"],
    ["org.opencontainers.image.version", "${BUILD_VERSION}"],
  ])("labels the image with %s", (label, value) => {
    expect(values("LABEL")[0]).toContain(`${label}="${value}"`);
  });

  it("leaves out no package that the program imports", () => {
    const dependencies = Object.keys(JSON.parse(textOf("package.json")).dependencies);
    const imported = ["src", "addon"]
      .flatMap(sources)
      .filter((path) => !path.startsWith("src/panel/"))
      .flatMap(packagesOf);
    expect([...new Set(imported)].filter((name) => !dependencies.includes(name))).toEqual([]);
  });
});

function values(keyword: string): readonly string[] {
  return instructions.filter((instruction) => instruction.keyword === keyword).map(({ value }) => value);
}

function run(script: string, ...flags: readonly string[]): string {
  return execFileSync(process.execPath, [...flags, "-e", script], { encoding: "utf8", stdio: "pipe" });
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}

/** Names of packages in `import ... from "ws"` and `import("ws")`; neither files nor Node's own modules. */
function packagesOf(path: string): readonly string[] {
  return [...textOf(path).matchAll(/^import\s(?!type\s)[^;]*?from "([^".][^"]*)"|import\("([^".][^"]*)"\)/gms)]
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((name) => !name.startsWith("node:"))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
}
