import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeAtomically } from "../../src/core/write-atomically.ts";
import { tempFolder } from "../helpers/temp.ts";

describe("a file written atomically", () => {
  it("has all its parts, and is for its owner alone", async () => {
    const folder = tempFolder();
    const path = join(folder, "file");
    writeFileSync(path, "old", { mode: 0o644 });
    const parts = Array.from({ length: 300_000 }, (_, at) => `${at} ä\n`);
    await writeAtomically(path, parts);
    expect(readFileSync(path, "utf8")).toBe(parts.join(""));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("is in its place only when it is whole", async () => {
    const path = join(tempFolder(), "file");
    writeFileSync(path, "old");
    let seen = "";
    await writeAtomically(path, ["new"], {
      async beforeRename() {
        seen = `${readFileSync(path, "utf8")} ${readFileSync(`${path}.tmp`, "utf8")}`;
      },
    });
    expect(seen).toBe("old new");
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("leaves the old one, and nothing else, when it fails", async () => {
    const folder = tempFolder();
    const path = join(folder, "file");
    writeFileSync(path, "old");
    await expect(
      writeAtomically(path, ["new"], { beforeRename: () => Promise.reject(new Error("no")) }),
    ).rejects.toThrow("no");
    expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["old", ["file"]]);
  });

  it("cannot take the place of a folder", async () => {
    const folder = tempFolder();
    const path = join(folder, "file");
    mkdirSync(path);
    await expect(writeAtomically(path, ["new"])).rejects.toThrow("EISDIR");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("takes the place of what a crash left behind", async () => {
    const path = join(tempFolder(), "file");
    writeFileSync(`${path}.tmp`, "half of");
    await writeAtomically(path, ["new"]);
    expect(readFileSync(path, "utf8")).toBe("new");
  });
});
