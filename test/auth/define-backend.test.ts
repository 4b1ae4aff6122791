import { expect, test } from "vitest";
import { defineBackend } from "../../src/auth/define-backend.ts";
import { SettingsError } from "../../src/core/errors.ts";
import { backendContext } from "./context.ts";

interface Settings {
  readonly doors: readonly { readonly key: string }[];
}

const doors = defineBackend<Settings>({
  type: "doors",
  schema: {
    type: "object",
    required: ["doors"],
    additionalProperties: false,
    properties: {
      doors: { type: "array", items: { type: "object", required: ["key"], properties: { key: { type: "string" } } } },
    },
  },
  create: ({ doors }) => ({
    name: doors.map(({ key }) => key).join("+"),
    authenticate: () => ({ verdict: "ignore", by: "doors", reason: { kind: "unknown_user", sentence: "shut" } }),
  }),
});

test("settings that fit reach the backend as they are", () => {
  expect(doors.type).toBe("doors");
  expect(doors.create({ doors: [{ key: "a" }, { key: "b" }] }, backendContext()).name).toBe("a+b");
});

test.each([
  [null, "", "doors must be object"],
  [{}, "", "doors must have required property 'doors'"],
  [{ doors: "hunter2" }, "/doors", "doors/doors must be array"],
  [{ doors: [{ key: "a" }, { key: ["hunter2"] }] }, "/doors/1/key", "doors/doors/1/key must be string"],
])("settings %j are refused by place, without their values", (settings, path, message) => {
  expect(() => doors.create(settings, backendContext())).toThrow(new SettingsError(message, path));
});

test("a key that is not known is told before what is missing, with those there are", () => {
  const create = () => doors.create({ "do/ors": "hunter2" }, backendContext());
  const unknownKey = { key: "do/ors", known: ["doors"] };
  expect(create).toThrow(new SettingsError("doors must NOT have additional properties", "/do~1ors", unknownKey));
});
