import { expect, test } from "vitest";
import { declarationsIn, schemaOfType } from "../../../src/http/panel/api-types.ts";

const TEXT_OR_NULL = { anyOf: [{ type: "string" }, { type: "null" }] };
const LIST = ["items", "total", "next"];

test.each<[string, string, unknown]>([
  ["export type A = string | null;", "A", { anyOf: [{ type: "string" }, { type: "null" }] }],
  ['export type A = "a" | "b";', "A", { enum: ["a", "b"] }],
  ["export type A =\n  /** One. */\n  | 1\n  | 2;", "A", { enum: [1, 2] }],
  ["export type A = readonly (string | B)[];", "A", arrayOf({ anyOf: [{ type: "string" }, ref("B")] })],
  ["export type A = readonly string[][];", "A", arrayOf(arrayOf({ type: "string" }))],
  ['import type { X } from "./x.ts";\n/** An A. */\nexport interface A {}', "A", objectOf({}, "An A.")],
  [
    'export interface A {\n  /** As it is. */\n  readonly b?: boolean;\n  // not for others\n  readonly c: { readonly d: "x;{" };\n}',
    "A",
    {
      ...objectOf({
        b: { description: "As it is.", type: "boolean" },
        c: { ...objectOf({ d: { const: "x;{" } }), required: ["d"] },
      }),
      required: ["c"],
    },
  ],
])("%j", (text, name, schema) => {
  expect(declarationsIn(text)).toEqual([[name, schema]]);
});

test.each<[string, unknown]>([
  ["A", ref("A")],
  ["A[]", arrayOf(ref("A"))],
  ["A | B", { anyOf: [ref("A"), ref("B")] }],
  ['A["b"][number]', { $ref: "#/components/schemas/A/properties/b/items" }],
  [
    "Page<A>",
    { ...objectOf({ items: arrayOf(ref("A")), total: { type: "number" }, next: TEXT_OR_NULL }), required: LIST },
  ],
])("%s, as a route writes it", (type, schema) => {
  expect(schemaOfType(type)).toEqual(schema);
});

test("a generic type is described where it is used", () => {
  expect(declarationsIn("export interface Page<T> { readonly items: readonly T[]; }")).toEqual([]);
});

test.each([
  ["export function a() {}", "a is no type"],
  ["export interface A { readonly a: Map<B>; }", "cannot read the type Map"],
  ["export interface A { a: string; }", "expected readonly, found a"],
])("%j is no description", (text, message) => {
  expect(() => declarationsIn(text)).toThrow(message);
});

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

function arrayOf(items: unknown) {
  return { type: "array", items };
}

function objectOf(properties: Readonly<Record<string, unknown>>, description?: string) {
  return { ...(description === undefined ? {} : { description }), type: "object", properties };
}
