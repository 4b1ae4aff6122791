import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { weightsOf } from "../../scripts/panel-budget.ts";
import { buildPanel, panelFolder } from "../helpers/panel-build.ts";

describe("the built panel", () => {
  beforeAll(buildPanel);

  it("is no heavier than it may be", () => {
    const weights = weightsOf(panelFolder);
    expect(weights.map(({ ending }) => ending)).toEqual(["js", "css"]);
    for (const { ending, bytes, most } of weights) {
      expect(bytes, ending).toBeGreaterThan(1000);
      expect(bytes, ending).toBeLessThanOrEqual(most);
    }
  });

  it("has a page that names its script and style by what is in them, and nothing else", () => {
    const names = readdirSync(panelFolder).toSorted();
    expect(names).toEqual([
      "icon.svg",
      "index.html",
      expect.stringMatching(/^panel-[A-Z0-9]{8}\.js$/),
      expect.stringMatching(/^style-[A-Z0-9]{8}\.css$/),
    ]);
    const page = readFileSync(join(panelFolder, "index.html"), "utf8");
    const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(named)).toEqual(new Set(names.filter((name) => name !== "index.html")));
    // The policy forbids both.
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|style="| on\w+="/);
  });
});
