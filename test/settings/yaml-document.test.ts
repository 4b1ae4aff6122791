import { expect, test } from "vitest";
import { parseYaml } from "../../src/settings/yaml-document.ts";

const TEXT = `# the house
stages:
  - id: db
    password: !secret database
    list: [1, "a b", {x: y}]
    a/b: 1
  - cert: |
      text
acl:
  no_match: deny
`;

test.each([
  ["", 2, 1],
  ["/stages", 2, 1],
  ["/stages/0", 3, 5],
  ["/stages/0/password", 4, 5],
  ["/stages/0/list/1", 5, 15],
  ["/stages/0/list/2/x", 5, 23],
  ["/stages/0/a~1b", 6, 5],
  ["/stages/1/cert", 7, 5],
  ["/acl/no_match", 10, 3],
  ["/stages/0/missing/deeper", 3, 5],
])("%j stands in line %i, column %i", (path, line, column) => {
  expect(parseYaml(TEXT).document?.placeOf(path)).toEqual({ line, column });
});

test("knows what stands in other files", () => {
  const { document } = parseYaml("a: !secret name\nb: !file some.txt\n");
  expect([...(document?.references.values() ?? [])]).toEqual([
    { kind: "secret", name: "name" },
    { kind: "file", name: "some.txt" },
  ]);
});

test.each([
  ["a: [1\nb: 2", 2, 1],
  ["a: 1\na: 2", 2, 1],
  ["a: !nothing 1", 1, 4],
  ["a: 1\n---\nb: 2\n", 2, 1],
  ["--- # the house\na: 1\n---\nb: 2\n", 3, 1],
  ["a: 1\n...\nb: 2\n", 2, 1],
])("names the place of what is wrong with %j", (text, line, column) => {
  expect(parseYaml(text)).toMatchObject({ document: null, fault: { place: { line, column } } });
});
