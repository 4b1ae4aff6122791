import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { strftime } from "../../src/core/strftime.ts";
import { describeWith } from "../helpers/needs.ts";

const LETTERS = "aAbBhcCdDeFHIjklmMprRsStTuwxXyYz%".split("");
const MOMENTS = [
  new Date(2026, 0, 1, 0, 0, 0),
  new Date(2026, 10, 9, 12, 3, 4),
  new Date(2024, 11, 31, 23, 59, 59),
  new Date(1999, 6, 4, 1, 30, 0),
].map((at) => at.getTime());

describe("strftime", () => {
  test("writes the formats that logs have", () => {
    const at = new Date(2026, 10, 20, 12, 3, 4).getTime();
    expect(strftime("%Y-%m-%d %H:%M:%S", at)).toBe("2026-11-20 12:03:04");
    expect(strftime("%Y-%m-%dT%H:%M:%S", at)).toBe("2026-11-20T12:03:04");
    expect(strftime("[%b %e, %l:%M %p] 100%%", at)).toBe("[Nov 20, 12:03 PM] 100%");
  });

  test("leaves what it does not know", () => {
    expect(strftime("50% %Q %", 0)).toBe("50% %Q %");
  });

  test("writes no line break into a line", () => {
    expect(strftime("a%nb", 0)).toBe("a b");
  });

  test("names the time zone", () => {
    expect(strftime("%Z", 0)).toMatch(/^[A-Z]/);
  });
});

describeWith(["date"], "beside the system's own", () => {
  test.each(MOMENTS)("the moment %d is the same", (at) => {
    const format = LETTERS.map((letter) => `${letter}=%${letter}`);
    const args = ["-d", `@${at / 1000}`, `+${format.join("|")}`];
    const theirs = execFileSync("date", args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
    expect(`${strftime(format.join("|"), at)}\n`).toBe(theirs);
  });
});
