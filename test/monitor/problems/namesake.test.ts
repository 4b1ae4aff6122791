import { expect, test } from "vitest";
import { createNamesake } from "../../../src/monitor/problems/namesake.ts";

test("the user that was probably meant is found, also after users came and went", () => {
  let users = ["kitchen-plug", "meter"];
  const namesake = createNamesake(() => users);
  expect(namesake("kitchen-plgu")).toBe("kitchen-plug");
  expect(namesake("Meter")).toBe("meter");
  expect(namesake("garage")).toBeNull();
  users = ["garages"];
  expect(["kitchen-plgu", "garage"].map(namesake)).toEqual([null, "garages"]);
});

test("names are compared in no great number, and no long ones", () => {
  const many = Array.from({ length: 201 }, (_, index) => `user-${index}`);
  expect(createNamesake(() => many)("user-1x")).toBeNull();
  expect(createNamesake(() => many.slice(1))("user-1x")).toBe("user-1");
  const long = "a".repeat(65);
  expect(createNamesake(() => [long, long.slice(1)])(long)).toBeNull();
});
