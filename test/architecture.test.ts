import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { FOLDERS, PACKAGES } from "./layers.ts";

const root = join(import.meta.dirname, "..");

describe("the layers", () => {
  const files = ["src", "addon"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );

  test.each(files)("%s imports only what its folder may", (file) => {
    const from = roomOf(file);
    const wrong = importsOf(file).filter((specifier) =>
      specifier.startsWith(".") ? !mayImport(from, roomOf(resolved(file, specifier))) : !mayUse(from, specifier),
    );
    expect(wrong).toEqual([]);
  });
});

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:^import\b|^export (?:type )?[{*]|\bimport\()[^;'"]*?["']([^"']+)["']/gm)].map(
    (match) => match[1] ?? "",
  );
}

function resolved(file: string, specifier: string): string {
  return relative(root, resolve(root, dirname(file), specifier));
}

function roomOf(file: string): string {
  const folder = dirname(file);
  return (
    Object.keys(FOLDERS).find((room) => room !== "src" && (folder === room || folder.startsWith(`${room}/`))) ?? "src"
  );
}

function mayImport(from: string, to: string): boolean {
  return from === to || (FOLDERS[from]?.includes(to) ?? false);
}

function mayUse(from: string, specifier: string): boolean {
  const bare = specifier.replace(/^node:/, "").split("/")[0] ?? "";
  // Some modules of Node are listed with their prefix only: "node:sqlite".
  if (specifier.startsWith("node:")) return builtinModules.includes(bare) || builtinModules.includes(specifier);
  return PACKAGES[from]?.includes(specifier) ?? false;
}
