import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hrefOf, ownHref, PAGES, parseRoute } from "../../src/panel/shell/router.ts";

describe("the addresses of the panel", () => {
  it("lead to the first page where they name none", () => {
    for (const hash of ["", "#", "#/", "#/nothing/here", "#main"])
      expect(parseRoute(hash)).toEqual({ page: "overview", path: [], query: {} });
  });

  it("name a page, what it shows, and how", () => {
    expect(parseRoute("#/access/test?user=meter&topic=lights%2Fx")).toEqual({
      page: "access",
      path: ["test"],
      query: { user: "meter", topic: "lights/x" },
    });
  });

  it("hold every name that a device can have", () => {
    const name = fc.string({ unit: "binary", minLength: 1 });
    fc.assert(
      fc.property(fc.constantFrom(...PAGES), fc.array(name, { maxLength: 3 }), name, (page, path, value) => {
        expect(parseRoute(hrefOf(page, path, { q: value }))).toEqual({ page, path, query: { q: value } });
      }),
    );
  });

  it("are taken as they are where they are not well encoded", () => {
    expect(parseRoute("#/devices/50%")).toEqual({ page: "devices", path: ["50%"], query: {} });
  });

  it("never lead out of the panel, whatever the server says", () => {
    expect(ownHref("#/devices/x")).toBe("#/devices/x");
    for (const href of ["javascript:alert(1)", "https://example.org/", "//example.org", "/config"])
      expect(ownHref(href)).toBe("#/overview");
  });
});
