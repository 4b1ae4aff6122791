import { expect, it } from "vitest";
import { pathOf } from "../../../src/panel/components/chart.tsx";

it("draws values from left to right, the highest at the top", () => {
  expect(pathOf([0, 5, 10], 10)).toBe("M0 94 L180 48 L360 2");
  expect(pathOf([7], 7)).toBe("M0 2");
  expect(pathOf([], 1)).toBe("");
});

it("fills the height where the lowest value is not zero", () => {
  expect(pathOf([20, 22, 21], 22, 20)).toBe("M0 94 L180 2 L360 48");
  expect(pathOf([-5, -5], -5, -5)).toBe("M0 48 L360 48");
});
