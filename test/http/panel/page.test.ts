import { expect, test } from "vitest";
import { pageOf } from "../../../src/http/panel/page.ts";

const items = ["plug 10", "Plug 9", "meter"].map((name, size) => ({ name, size }));
const terms = {
  texts: ({ name }: { readonly name: string }) => [name],
  sorts: { name: (item: (typeof items)[number]) => item.name, size: (item: (typeof items)[number]) => item.size },
};

test.each<[string, readonly string[], number, string | null]>([
  ["", ["meter", "Plug 9", "plug 10"], 3, null],
  ["dir=desc", ["plug 10", "Plug 9", "meter"], 3, null],
  ["sort=size", ["plug 10", "Plug 9", "meter"], 3, null],
  ["q=PLUG", ["Plug 9", "plug 10"], 2, null],
  ["q=~UExVRw", ["Plug 9", "plug 10"], 2, null],
  ["limit=2", ["meter", "Plug 9"], 3, "2"],
  ["limit=2&cursor=2", ["plug 10"], 3, null],
  ["cursor=7", [], 3, null],
])("?%s", (query, names, total, next) => {
  const page = pageOf(items, new URLSearchParams(query), terms);
  expect({ ...page, items: page.items.map(({ name }) => name) }).toEqual({ items: names, total, next });
});

test("no page has more than 200 entries", () => {
  const many = Array.from({ length: 300 }, (_, size) => ({ name: "x", size }));
  expect(pageOf(many, new URLSearchParams("limit=1000"), terms)).toMatchObject({ total: 300, next: "200" });
});

test.each([
  ["sort=toString", 'This list cannot be sorted by "toString".'],
  ["limit=0", 'limit: "0" is no number from 1 on.'],
  ["q=~gA", 'q: "~gA" is no text.'],
  ["cursor=-1", 'cursor: "-1" is no number from 0 on.'],
])("?%s is refused", (query, message) => {
  expect(() => pageOf(items, new URLSearchParams(query), terms)).toThrow(message);
});
