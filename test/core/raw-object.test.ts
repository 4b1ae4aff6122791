import { expect, test } from "vitest";
import { isRawObject } from "../../src/core/raw-object.ts";

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  ["{}", false],
  [undefined, false],
  [1, false],
])("%j is an object: %s", (value, isObject) => {
  expect(isRawObject(value)).toBe(isObject);
});
