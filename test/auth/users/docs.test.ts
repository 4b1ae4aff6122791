import { load } from "js-yaml";
import { expect, onTestFinished, test } from "vitest";
import { JWT_SCHEMA } from "../../../src/auth/jwt/settings.ts";
import { backends } from "../../../src/auth/registry.ts";
import { USERS_SCHEMA } from "../../../src/auth/users/settings.ts";
import { isRawObject } from "../../../src/core/raw-object.ts";
import { textOf } from "../../package/files.ts";
import { backendContext } from "../context.ts";

const page = textOf("docs/users.md");

test("the page has an example of each type, which is taken as it is", () => {
  const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map((match) => match[1] ?? "");
  const types = examples.map((example) => {
    const file = load(example);
    const [stage] = isRawObject(file) && Array.isArray(file["stages"]) ? file["stages"] : [];
    const { type, ...settings } = stage;
    const source = backends.find((backend) => backend.type === type)?.create(settings, backendContext());
    onTestFinished(() => source?.close?.());
    return source?.name;
  });
  expect(types).toEqual(["users", "jwt", "clientid"]);
});

test.each(Object.keys({ ...JWT_SCHEMA.properties, ...USERS_SCHEMA.properties }))("the page tells of %s", (key) => {
  expect(page).toMatch(new RegExp(`\`${key}[:\`]`));
});
