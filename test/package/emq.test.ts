import { join } from "node:path";
import { expect, test } from "vitest";
import { parseEmq } from "../../src/settings/emq/file.ts";
import { emqRows, findEmqRow } from "../../src/settings/emq/table.ts";
import { repository, textOf } from "./files.ts";

const page = textOf("docs/emq.md");

test("the page about EMQ says of every name what becomes of it", async () => {
  const fates = new Map(emqRows.map(({ name, fate }) => [name, fate]));
  const missing = emqRows.filter(({ name }) => name !== "auth.**" && !page.includes(`\n| \`${name}\` | `));
  const corrected = page.replaceAll(/^\| `([^`]+)` \| [^|]+ \|/gm, (_line, name: string) => {
    const fate = fates.get(name);
    return fate === undefined ? `| \`${name}\` | is no name |` : `| \`${name}\` | ${fate} |`;
  });
  const added = missing.map(({ name, fate }) => `| \`${name}\` | ${fate} | |\n`);
  await expect(corrected + added.join("")).toMatchFileSnapshot(join(repository, "docs", "emq.md"));
});

test("its examples are lines that are carried out", () => {
  const examples = [...page.matchAll(/```ini\n([^`]*)```/g)].map((match) => match[1] ?? "");
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) {
    const { directives, problems, fault } = parseEmq("/x/emq.conf", example);
    expect(problems).toEqual([]);
    expect(fault).toBeNull();
    expect(directives.filter(({ name }) => findEmqRow(name)?.fate !== "carried out")).toEqual([]);
  }
});
