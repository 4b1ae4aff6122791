import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createRouter } from "../../src/http/panel/router.ts";
import { read } from "../../src/http/panel/route.ts";
import { segment } from "../../src/panel/data/api.ts";

const router = createRouter([read("/clients/{id}/events", { summary: "", answer: null }, () => null)]);

it.each([
  ["kitchen-plug", "kitchen-plug"],
  ["192.0.2.7", "192.0.2.7"],
  ["a/b", "~YS9i"],
  ["..", "~Li4"],
  ["~x", "~fng"],
  ["", "~"],
])("writes the name %j as %j into a path", (name, expected) => {
  expect(segment(name)).toBe(expected);
});

it("writes every name so that the broker reads the same, whatever Home Assistant does with the path", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const match = router("GET", `/clients/${encodeURI(decodeURIComponent(segment(name)))}/events`);
      expect(match).toHaveProperty("params", new Map([["id", name]]));
    }),
  );
});
