import { join } from "node:path";
import { expect, test } from "vitest";
import { directives } from "../../src/settings/directives.ts";
import { repository, textOf } from "./files.ts";

const page = textOf("docs/mosquitto-conf.md");

test("the page about mosquitto.conf says of every directive what becomes of it", async () => {
  const fates = new Map(directives.map(({ name, fate }) => [name, fate]));
  const missing = directives.filter(({ name }) => !page.includes(`\n| \`${name}\` | `));
  const corrected = page.replaceAll(/^\| `([^`]+)` \| [^|]+ \|/gm, (_line, name: string) => {
    const fate = fates.get(name);
    return fate === undefined ? `| \`${name}\` | is no directive |` : `| \`${name}\` | ${fate} |`;
  });
  const added = missing.map(({ name, fate }) => `| \`${name}\` | ${fate} | |\n`);
  await expect(corrected + added.join("")).toMatchFileSnapshot(join(repository, "docs", "mosquitto-conf.md"));
});

test("it says it once", () => {
  const names = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(100);
  expect(new Set(names).size).toBe(names.length);
});
