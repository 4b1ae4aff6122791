import { load } from "js-yaml";
import { expect, onTestFinished, test } from "vitest";
import { backends } from "../../../src/auth/registry.ts";
import { SQL_SCHEMA } from "../../../src/auth/sql/settings.ts";
import { isRawObject } from "../../../src/core/raw-object.ts";
import { textOf } from "../../package/files.ts";
import { backendContext } from "../context.ts";

const page = textOf("docs/sql.md");
const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map((match) => match[1] ?? "");

test("the page about databases has examples that are taken as they are", () => {
  expect(examples).toHaveLength(3);
  for (const example of examples) {
    const file = load(example.replaceAll(/!(?:secret|file) /g, ""));
    const stages = isRawObject(file) && Array.isArray(file["stages"]) ? file["stages"] : [];
    expect(stages).toHaveLength(1);
    for (const stage of stages) {
      const { type, ...settings } = stage;
      const source = backends.find((backend) => backend.type === type)?.create(settings, backendContext());
      onTestFinished(() => source?.close?.());
      expect(source?.name).toBe(type);
    }
  }
});

test("the page about databases names every setting, and no other", () => {
  const [, table = ""] = page.split("## What can be set");
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap((match) => (match[1] ?? "").match(/\w+/g) ?? []);
  expect(named.toSorted()).toEqual(Object.keys(SQL_SCHEMA.properties ?? {}).toSorted());
});
