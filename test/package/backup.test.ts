import { existsSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/cli/command.ts";
import { composeAddOn } from "../settings/compose.ts";
import { imageFiles, readDockerfile } from "./dockerfile.ts";
import { repository, textOf } from "./files.ts";

const config = JSON.parse(textOf("config.json"));
const [program, script = "", ...args] = String(config.backup_pre).split(" ");
const { store } = composeAddOn({}, {}, { folders: { data: "/data", share: "/share", ssl: "/ssl" } }).settings;

describe("a backup of Home Assistant", () => {
  it("is preceded by a copy of the store, with a program that the image has", () => {
    expect(program).toBe("node");
    expect(parseCommand(args)).toEqual({ verb: "backup", from: store?.path, to: "/data/culex-backup.db" });
    const inImage = imageFiles(readDockerfile()).find(([, to]) => script.startsWith(`${to}/`));
    expect(existsSync(join(repository, script.replace(inImage?.[1] ?? "", inImage?.[0] ?? "")))).toBe(true);
  });

  it("is followed by the removal of that copy, so that it never takes the place of a store removed on purpose", () => {
    expect(config.backup_post).toBe(`rm -f ${args.at(-1)}`);
  });

  // the Supervisor tests its own path of each file with PurePath.match, which matches from the right
  it.each([
    ["culex.db", true],
    ["culex.db-wal", true],
    ["culex.db-shm", true],
    ["culex.sock", true],
    ["trace", true],
    ["culex-backup.db", false],
    ["system_user.json", false],
    ["options.json", false],
  ])("leaves out %s: %s", (file, isLeftOut) => {
    const path = `/mnt/data/supervisor/addons/data/culex/${file}`;
    const patterns: readonly string[] = config.backup_exclude;
    expect(patterns.some((pattern) => matchesGlob(path, `/**/${pattern}`))).toBe(isLeftOut);
  });
});
