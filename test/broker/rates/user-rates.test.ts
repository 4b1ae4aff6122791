import { expect, test } from "vitest";
import { createUserRates } from "../../../src/broker/rates/user-rates.ts";
import { limitsFrom, NO_LIMITS_SAID } from "../../../src/settings/limits.ts";
import type { Identity } from "../../../src/core/types.ts";
import { connectPacket, login, refusal, startBroker, wire } from "../wire.ts";

const none = limitsFrom(NO_LIMITS_SAID);

function user(username: string | null, superuser = false): Identity {
  return { clientId: "c", username, superuser, source: "test", proof: null };
}

test("without a limit, without a name, and with full access nothing is counted", () => {
  const strict = { ...none, maxUserConnectRate: 1, maxUserMessageRate: 1, maxUserByteRate: 1 };
  expect(createUserRates(() => none, Date.now).paceOf(user("u"), none)).toBeNull();
  const rates = createUserRates(() => strict, Date.now);
  for (const who of [user(null), user("root", true)]) {
    expect(rates.paceOf(who, strict)).toBeNull();
    expect([1, 2, 3].map(() => rates.mayConnect(who))).toEqual([true, true, true]);
  }
});

test("full access is not slowed down by the limit of a port either", () => {
  const rates = createUserRates(() => none, Date.now);
  const strict = { ...none, maxMessageRate: 1 };
  expect(rates.paceOf(user("root", true), strict)).toBeNull();
  expect(rates.paceOf(user(null), strict)?.messages.map(({ name }) => name)).toEqual(["max_message_rate"]);
});

test("many users that come and go leave nothing behind that another would feel", () => {
  let nowMs = 0;
  const limits = { ...none, maxUserConnectRate: 1 };
  const rates = createUserRates(
    () => limits,
    () => nowMs,
  );
  for (let count = 0; count < 3_000; count++) {
    expect(rates.mayConnect(user(`u${count}`))).toBe(true);
    expect(rates.mayConnect(user(`u${count}`))).toBe(false);
    nowMs += 10;
  }
});

test("a user that logs in too often is refused, and may again a second later", async () => {
  const { port, events } = await startBroker({ limits: { maxUserConnectRate: 1 } });
  await login(port, "one", { username: "plug" });
  const SENTENCE = "user plug connects more often than 1 time a second (max_user_connect_rate)";
  for (const [version, answer] of [
    [4, "20020003"],
    [5, refusal(0x9f, SENTENCE)],
  ] as const) {
    const next = await wire(port, version);
    next.send(connectPacket("two", version, { username: "plug" }));
    expect(await next.end()).toBe(answer);
  }
  await login(port, "one", { username: "other" });
  expect(events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []))).toEqual(
    [1, 2].map(() => ({ kind: "connect_rate", sentence: SENTENCE })),
  );
});

test("a user has as many connections as all users may have", async () => {
  const { port, events } = await startBroker({
    limits: { maxUserConnections: 1 },
    clientLimits: { maxConnections: 5 },
  });
  await login(port, "one", { username: "plug" });
  const second = await wire(port, 5);
  second.send(connectPacket("two", 5, { username: "plug" }));
  const sentence = "user plug has 1 connection already, which is as many as it may have";
  expect(await second.end()).toBe(refusal(0x97, sentence));
  await login(port, "two");
  await login(port, "three");
  expect(events.flatMap((event) => (event.kind === "refused" ? [event.reason.hint] : []))).toEqual([
    "Raise max_user_connections, or give each device a user of its own.",
  ]);
});
