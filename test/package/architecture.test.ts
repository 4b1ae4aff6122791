import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS, PACKAGES } from "../layers.ts";
import { repository, textOf } from "./files.ts";

describe("ARCHITECTURE.md", () => {
  it("shows the imports that the test of the layers allows", () => {
    const shown = rowsBelow("| folder | may import |").flatMap(([folders = "", imports = ""]) =>
      [...new Set(namesIn(folders).map(roomOf))].map((folder) => [folder, importsIn(imports)]),
    );
    const allowed = Object.entries(FOLDERS).map(([folder, imports]) => [folder, imports.toSorted()]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(allowed));
  });

  it("says what each folder of src is for", () => {
    const shown = rowsBelow("| folder | what is in it |").flatMap(([names = ""]) => namesIn(names));
    const folders = readdirSync(join(repository, "src"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(shown).toEqual(expect.arrayContaining(folders.map(({ name }) => `src/${name}`)));
  });
});

describe("the packages that the source imports", () => {
  it("are the dependencies of package.json", () => {
    const { dependencies }: { readonly dependencies: object } = JSON.parse(textOf("package.json"));
    // The panel is bundled when it is built: nothing of its packages is needed later.
    const { "src/panel": _, ...others } = PACKAGES;
    expect(new Set(Object.values(others).flatMap(packagesIn))).toEqual(new Set(Object.keys(dependencies)));
  });

  it("are development packages where only the panel has them", () => {
    const { devDependencies }: { readonly devDependencies: object } = JSON.parse(textOf("package.json"));
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining([...packagesIn(PACKAGES["src/panel"] ?? [])]));
  });
});

/** "mysql2/promise" is a part of the package "mysql2". */
function packagesIn(imports: readonly string[]): readonly string[] {
  return imports.map((name) => name.replace(/^((?:@[^/]+\/)?[^/]+).*/, "$1"));
}

/** The cells of a table, row by row. */
function rowsBelow(head: string): readonly (readonly string[])[] {
  const [, below = ""] = textOf("ARCHITECTURE.md").split(`${head}\n| --- | --- |\n`);
  const [table = ""] = below.split("\n\n");
  return table.split("\n").map((row) => row.split("|").slice(1, -1));
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

/** Files that stand in src itself are one room. */
function roomOf(name: string): string {
  return /^src\/[\w-]+\.ts$/.test(name) ? "src" : name;
}

function importsIn(cell: string): readonly string[] {
  if (cell.includes("all of `src`"))
    return Object.keys(FOLDERS)
      .filter((name) => name.startsWith("src/") && !cell.includes(`but \`${name.slice(4)}\``))
      .toSorted();
  const names = namesIn(cell).map((name) => (`src/${name}` in FOLDERS ? `src/${name}` : roomOf(name)));
  return names.toSorted();
}
