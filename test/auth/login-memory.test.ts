import { expect, test } from "vitest";
import { createLoginMemory } from "../../src/auth/login-memory.ts";

/** A memory with small numbers: a yes counts 300 s (± 30 s), a no 5 s, and a yes serves for 600 s. */
function start(random = 0.5) {
  const clock = { s: 1000 };
  const limits = { acceptedMs: 300_000, acceptedJitterMs: 30_000, refusedMs: 5000, staleMs: 600_000, maxEntries: 3 };
  const memory = createLoginMemory<"yes" | "no">({
    limits,
    isYes: (answer) => answer === "yes",
    counts: () => true,
    now: () => clock.s * 1000,
    random: () => random,
  });
  return { clock, memory, klaus: memory.login("klaus", "garten") };
}

test.each([
  [0, 270],
  [0.5, 300],
  [1, 330],
])("recalls a yes, with the random number %d for %i seconds", (random, seconds) => {
  const { clock, memory, klaus } = start(random);
  memory.remember(klaus, "yes");
  clock.s += seconds - 1;
  expect(memory.recall(klaus)).toBe("yes");
  clock.s += 1;
  expect(memory.recall(klaus)).toBeNull();
});

test("recalls a no for five seconds", () => {
  const { clock, memory, klaus } = start();
  memory.remember(klaus, "no");
  clock.s += 4.9;
  expect(memory.recall(klaus)).toBe("no");
  clock.s += 0.1;
  expect(memory.recall(klaus)).toBeNull();
});

test("keeps a yes good after it stopped counting, up to its limit", () => {
  const { clock, memory, klaus } = start();
  memory.remember(klaus, "yes");
  clock.s += 599;
  expect(memory.good(klaus)).toBe("yes");
  clock.s += 1;
  expect(memory.good(klaus)).toBeNull();
});

test("ends a yes with a later no for the same password", () => {
  const { clock, memory, klaus } = start();
  memory.remember(klaus, "yes");
  memory.remember(klaus, "no");
  expect(memory.recall(klaus)).toBe("no");
  clock.s += 5;
  expect(memory.recall(klaus)).toBeNull();
  expect(memory.good(klaus)).toBeNull();
});

test("keeps a yes when another password of that user is refused", () => {
  const { memory, klaus } = start();
  memory.remember(klaus, "yes");
  memory.remember(memory.login("klaus", "guess"), "no");
  expect(memory.recall(klaus)).toBe("yes");
});

test("ends the old password with a yes for a new one", () => {
  const { memory, klaus } = start();
  memory.remember(klaus, "yes");
  memory.remember(memory.login("klaus", "teich"), "yes");
  expect(memory.recall(klaus)).toBeNull();
  expect(memory.good(klaus)).toBeNull();
});

test("takes a yes that follows a no", () => {
  const { memory, klaus } = start();
  memory.remember(klaus, "no");
  memory.remember(klaus, "yes");
  expect(memory.recall(klaus)).toBe("yes");
});

test("tells a new password of a known user from everything else", () => {
  const { memory, klaus } = start();
  const changed = memory.login("klaus", "teich");
  expect(memory.isNewPassword(changed)).toBe(false);
  memory.remember(klaus, "yes");
  expect(memory.isNewPassword(changed)).toBe(true);
  expect(memory.isNewPassword(klaus)).toBe(false);
  expect(memory.isNewPassword(memory.login("Klaus", "teich"))).toBe(false);
});

test("keeps user name and password apart", () => {
  const { memory } = start();
  const names = [
    ["ab", "c"],
    ["a", "bc"],
    ["abc", ""],
    ["1:a", "b"],
  ] as const;
  const keys = names.map(([username, password]) => memory.login(username, password).key);
  expect(new Set(keys).size).toBe(names.length);
});

test("has no key that another process could make", () => {
  expect(start().klaus.key).not.toBe(start().klaus.key);
});

test.each(["yes", "no"] as const)("forgets the oldest %s when there are too many", (answer) => {
  const { memory } = start();
  const logins = ["a", "b", "c", "d"].map((username) => memory.login(username, "x"));
  for (const login of logins) memory.remember(login, answer);
  expect(logins.map((login) => memory.recall(login))).toEqual([null, answer, answer, answer]);
});

test("trusts no answer from the future when the clock is set back", () => {
  const { clock, memory, klaus } = start();
  const eva = memory.login("eva", "meer");
  memory.remember(klaus, "yes");
  memory.remember(eva, "no");
  clock.s -= 900;
  expect(memory.recall(klaus)).toBeNull();
  expect(memory.good(klaus)).toBeNull();
  expect(memory.recall(eva)).toBeNull();
});

test("neither recalls nor brings back an answer that is over by itself", () => {
  const clock = { s: 0 };
  const memory = createLoginMemory<{ readonly untilS: number }>({
    limits: { acceptedMs: 300_000, acceptedJitterMs: 0, refusedMs: 5000, staleMs: 600_000, maxEntries: 3 },
    isYes: () => true,
    counts: ({ untilS }) => clock.s < untilS,
    now: () => clock.s * 1000,
    random: Math.random,
  });
  const klaus = memory.login("klaus", "garten");
  memory.remember(klaus, { untilS: 60 });
  clock.s = 59;
  expect(memory.recall(klaus)).toEqual({ untilS: 60 });
  clock.s = 60;
  expect(memory.recall(klaus)).toBeNull();
  expect(memory.good(klaus)).toBeNull();
});
