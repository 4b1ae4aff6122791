import { load } from "js-yaml";
import { expect, onTestFinished, test } from "vitest";
import { HTTP_SCHEMA } from "../../src/auth/backends/http.ts";
import { LDAP_SCHEMA } from "../../src/auth/backends/ldap.ts";
import { MONGODB_SCHEMA } from "../../src/auth/backends/mongodb.ts";
import { REDIS_SCHEMA } from "../../src/auth/backends/redis.ts";
import { backends } from "../../src/auth/registry.ts";
import { isRawObject } from "../../src/core/raw-object.ts";
import { textOf } from "../package/files.ts";
import { backendContext } from "./context.ts";

const PAGES = [
  ["http", HTTP_SCHEMA],
  ["ldap", LDAP_SCHEMA],
  ["redis", REDIS_SCHEMA],
  ["mongodb", MONGODB_SCHEMA],
] as const;

test.each(PAGES)("the page about %s has examples that are taken as they are", (type) => {
  const examples = [...textOf(`docs/${type}.md`).matchAll(/```yaml\n([^`]*)```/g)].map((match) => match[1] ?? "");
  expect(examples).toHaveLength(3);
  for (const example of examples) {
    const file = load(example.replaceAll(/!(?:secret|file) /g, ""));
    const [stage] = isRawObject(file) && Array.isArray(file["stages"]) ? file["stages"] : [];
    expect(stage).toMatchObject({ type });
    const { type: _type, ...settings } = stage;
    const source = backends.find((backend) => backend.type === type)?.create(settings, backendContext());
    onTestFinished(() => source?.close?.());
    expect(source?.name).toBe(type);
  }
});

test.each(PAGES)("the page about %s names every setting, and no other", (type, schema) => {
  const [, section = ""] = textOf(`docs/${type}.md`).split("## What can be set\n\n");
  const [table = ""] = section.split("\n\n");
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap((match) => (match[1] ?? "").match(/\w+/g) ?? []);
  expect(named.toSorted()).toEqual(Object.keys(schema.properties ?? {}).toSorted());
});
