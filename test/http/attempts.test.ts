import { expect, test } from "vitest";
import { createAttempts } from "../../src/http/attempts.ts";

test("ten failures of one address are taken, then it waits for the end of its minute", () => {
  let nowMs = 0;
  const attempts = createAttempts(() => nowMs);
  for (let count = 0; count < 10; count++) {
    expect(attempts.waitS("192.0.2.1")).toBe(0);
    attempts.failed("192.0.2.1");
  }
  nowMs = 20_500;
  expect(attempts.waitS("192.0.2.1")).toBe(40);
  expect(attempts.waitS("192.0.2.2")).toBe(0);
  nowMs = 60_000;
  expect(attempts.waitS("192.0.2.1")).toBe(0);
  attempts.failed("192.0.2.1");
  expect(attempts.waitS("192.0.2.1")).toBe(0);
});

test.each([
  ["2001:db8::1", "2001:db8:0:0:ffff::2", true],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["::1", "2001:db8::1", false],
])("%s and %s are of one network: %s", (first, second, isOne) => {
  const attempts = createAttempts(() => 0);
  for (let count = 0; count < 10; count++) attempts.failed(first);
  expect(attempts.waitS(second) > 0).toBe(isOne);
});

test("as many attempts are begun at once as may fail; the others wait", async () => {
  let nowMs = 0;
  const attempts = createAttempts(() => nowMs);
  for (let count = 0; count < 8; count++) attempts.failed("192.0.2.1");
  const began: string[] = [];
  const begin = async (name: string) => {
    const end = await attempts.begin("192.0.2.1");
    began.push(typeof end === "number" ? `${name} not for ${end} s` : name);
    return end;
  };
  const [first, second] = [await begin("1"), await begin("2")];
  const [third, fourth] = [begin("3"), begin("4")];
  const elsewhere = await attempts.begin("192.0.2.2");
  expect(typeof elsewhere).toBe("function");
  expect(began).toEqual(["1", "2"]);
  if (typeof first === "function") first(false);
  const end = await third;
  expect(began).toEqual(["1", "2", "3"]);
  if (typeof second === "function") second(true);
  if (typeof end === "function") end(true);
  await fourth;
  expect(began).toEqual(["1", "2", "3", "4 not for 60 s"]);
  nowMs = 60_000;
  await begin("5");
  expect(began.at(-1)).toBe("5");
});
