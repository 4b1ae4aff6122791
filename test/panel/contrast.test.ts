import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contrast, cssOf, parseRgb, readable } from "../../src/panel/shell/contrast.ts";

describe("colours", () => {
  it("are read as browsers write them, if nothing shines through", () => {
    expect(parseRgb("rgb(3, 169, 244)")).toEqual([3, 169, 244]);
    expect(parseRgb("rgba(3, 169, 244, 1)")).toEqual([3, 169, 244]);
    expect(parseRgb("rgba(3, 169, 244, 0.5)")).toBeNull();
    expect(parseRgb("oklch(0.7 0.1 200)")).toBeNull();
    expect(cssOf([3, 169, 244])).toBe("rgb(3, 169, 244)");
  });

  it("have the contrast of WCAG", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });

  it("stay as they are where they can be read", () => {
    expect(readable([0, 0, 200], [[255, 255, 255]])).toEqual([0, 0, 200]);
  });

  it("become readable on any ground", () => {
    const part = fc.integer({ min: 0, max: 255 });
    const colour = fc.tuple(part, part, part);
    fc.assert(
      fc.property(colour, colour, (ink, ground) => {
        expect(contrast(readable(ink, [ground]), ground)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });
});
