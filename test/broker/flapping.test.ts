import { expect, test } from "vitest";
import { timeOfDay } from "../../src/core/clock-time.ts";
import type { Identity } from "../../src/core/types.ts";
import { createFlapping } from "../../src/broker/flapping.ts";
import { connectPacket, login, startBroker, wire } from "./wire.ts";

const TERMS = { flappingCount: 2, flappingWindowS: 60, flappingBanS: 300 };

function device(clientId: string, username: string | null = null, superuser = false): Identity {
  return { clientId, username, superuser, source: "test", proof: null };
}

function setUp(terms: () => typeof TERMS = () => TERMS) {
  let nowMs = 1_800_000_000_000;
  const flapping = createFlapping(terms, () => nowMs);
  return {
    tries: (who: Identity, times: number) => Array.from({ length: times }, () => flapping.connects(who) === null),
    isOut: (who: Identity) => flapping.check(who) !== null,
    keptOut: () => flapping.keptOut().map(({ clientId, username, reason }) => [clientId, username, reason.kind]),
    pass: (ms: number) => void (nowMs += ms),
  };
}

test("a device that logs in too often is kept out, and let in when its time is over", () => {
  const { tries, isOut, pass } = setUp();
  expect(tries(device("a"), 4)).toEqual([true, true, false, false]);
  expect(isOut(device("a"))).toBe(true);
  pass(299_999);
  expect(tries(device("a"), 1)).toEqual([false]);
  pass(1);
  expect(tries(device("a"), 3)).toEqual([true, true, false]);
});

test("those that are kept out are listed until their time is over", () => {
  const { tries, keptOut, pass } = setUp();
  tries(device("a", "owner"), 3);
  tries(device("b"), 2);
  expect(keptOut()).toEqual([["a", "owner", "flapping"]]);
  pass(300_000);
  expect(keptOut()).toEqual([]);
});

test("logins that are far apart do not add up", () => {
  const { tries, pass } = setUp();
  for (let round = 0; round < 5; round++) {
    expect(tries(device("a"), 2)).toEqual([true, true]);
    pass(60_000);
  }
});

test("another user with the same client id, another device and full access are not concerned", () => {
  const { tries, isOut } = setUp();
  tries(device("a", "thief"), 5);
  expect(isOut(device("a", "owner"))).toBe(false);
  expect(tries(device("b", "thief"), 2)).toEqual([true, true]);
  expect(tries(device("root", "root", true), 9)).toEqual(Array.from({ length: 9 }, () => true));
});

test("nobody is kept out any more once it is switched off", () => {
  let terms = TERMS;
  const { tries, isOut } = setUp(() => terms);
  tries(device("a"), 3);
  terms = { ...TERMS, flappingCount: Infinity };
  expect(isOut(device("a"))).toBe(false);
  expect(tries(device("a"), 9)).toEqual(Array.from({ length: 9 }, () => true));
});

test("ten thousand other devices make the oldest forgotten", () => {
  const { tries, isOut } = setUp();
  tries(device("a"), 3);
  for (let count = 0; count < 10_000; count++) tries(device(`d${count}`), 1);
  expect(isOut(device("a"))).toBe(false);
});

test("long names are remembered up to eight million characters", () => {
  const { tries, isOut } = setUp();
  tries(device("a"), 3);
  for (let count = 0; count < 70; count++) tries(device(`${count}`, "x".repeat(60_000)), 1);
  expect(isOut(device("a"))).toBe(true);
  for (let count = 0; count < 140; count++) tries(device(`${count}`, "y".repeat(60_000)), 1);
  expect(isOut(device("a"))).toBe(false);
  expect(tries(device("a"), 3)).toEqual([true, true, false]);
});

test("the device hears that it is banned, and the log says for how long", async () => {
  const { port, events } = await startBroker({ limits: { flappingCount: 2, flappingBanS: 3_600 } });
  const untilMs = Date.now() + 3_600_000;
  await login(port, "pump");
  await login(port, "pump");
  for (const [version, answer] of [
    [4, "20020005"],
    [5, "2003008a00"],
  ] as const) {
    const again = await wire(port, version);
    again.send(connectPacket("pump", version));
    expect(await again.end()).toBe(answer);
  }
  await login(port, "other");
  const times = [untilMs, untilMs + 10_000].map(timeOfDay);
  const refused = events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []));
  expect(refused.map(({ kind }) => kind)).toEqual(["flapping", "flapping"]);
  for (const { sentence } of refused) {
    expect(
      times.map(
        (time) => `connected more than 2 times within 60 seconds (flapping_count), and is kept out until ${time}`,
      ),
    ).toContain(sentence.replace(/ on .*/, ""));
  }
});
