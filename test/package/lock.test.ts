import { describe, expect, it } from "vitest";
import { textOf } from "./files.ts";

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const packages: Readonly<Record<string, Entry>> = JSON.parse(textOf("package-lock.json")).packages;

describe("package-lock.json", () => {
  it("lists the packages of every platform, because `npm ci` refuses a lock file that lacks one", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});
