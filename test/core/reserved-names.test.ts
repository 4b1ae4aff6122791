import { expect, test } from "vitest";
import { isReservedName, reservedNameOf } from "../../src/core/reserved-names.ts";

const RESERVED = ["homeassistant", "addons"];

test.each([
  ["homeassistant"],
  ["addons"],
  ["Addons"],
  ["HOMEASSISTANT"],
  [" homeassistant "],
  ["\u00a0addons\u3000"],
  ["ａｄｄｏｎｓ"],
  ["addon\u017f"],
  ["homea\u00dfistant"],
  ["homea\u1e9eistant"],
  ["homeassi\ufb06ant"],
])("%j is a reserved name", (username) => {
  expect(isReservedName(username, RESERVED)).toBe(true);
});

test.each([[""], [" "], ["addon"], ["addons2"], ["add ons"], ["home-assistant"], ["home assistant"], ["hass"]])(
  "%j is not",
  (username) => {
    expect(isReservedName(username, RESERVED)).toBe(false);
  },
);

test("nothing is reserved where no names are", () => {
  expect(isReservedName("homeassistant", [])).toBe(false);
});

test.each([
  ["addons", "addons"],
  [" ADDONS", "addons"],
  ["HOMEA\u1e9eISTANT", "homeassistant"],
  ["addons2", null],
])("%j is taken for %j", (username, name) => {
  expect(reservedNameOf(username, RESERVED)).toBe(name);
});
