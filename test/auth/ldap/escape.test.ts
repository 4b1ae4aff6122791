import { expect, test } from "vitest";
import { escapeDn, escapeFilter } from "../../../src/auth/ldap/escape.ts";

test.each([
  ["ann", "ann", "ann"],
  ["ann,ou=x", "ann\\2cou\\3dx", "ann,ou=x"],
  ["*)(uid=*", "*)(uid\\3d*", "\\2a\\29\\28uid=\\2a"],
  ['a\\b+c"d<e>f;g', "a\\5cb\\2bc\\22d\\3ce\\3ef\\3bg", 'a\\5cb+c"d<e>f;g'],
  ["#a", "\\23a", "#a"],
  [" a b ", "\\20a b\\20", " a b "],
  [" ", "\\20", " "],
  ["a\0b", "a\\00b", "a\\00b"],
  ["älice", "älice", "älice"],
])("escapes %j", (value, dn, filter) => {
  expect([escapeDn(value), escapeFilter(value)]).toEqual([dn, filter]);
});
