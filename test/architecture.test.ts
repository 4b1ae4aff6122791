import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { FOLDERS, PACKAGES } from "./layers.ts";

const root = join(import.meta.dirname, "..");

describe("the layers", () => {
  const files = ["src", "addon"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
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

describe("the panel", () => {
  const files = readdirSync(join(root, "src/panel"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => [name, readFileSync(join(root, "src/panel", name), "utf8")] as const);

  test.each(files)("%s takes only words of the API from the broker, and only their types", (_, text) => {
    const taken = text.split("\n").filter((line) => /from "(\.\.\/)+core\//.test(line));
    expect(taken.filter((line) => !/(^import type|^\} ).* from "[./]+\/core\/api\//.test(line))).toEqual([]);
  });

  // A topic or payload that became HTML would run with the session of whoever looks at Home Assistant.
  test.each(files)("%s makes no HTML out of text", (_, text) => {
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/i);
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
