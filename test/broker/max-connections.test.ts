import { expect, test } from "vitest";
import { connectPacket, login, refusal, startBroker, wire } from "./wire.ts";

const SENTENCE = "user plug has 2 connections already, which is as many as it may have";

test("a user has as many connections as it may have, and a device that comes back takes its own place", async () => {
  const { port, events } = await startBroker({ clientLimits: { maxConnections: 2 } });
  const one = await login(port, "one", { username: "plug" });
  await login(port, "two", { username: "plug" });
  for (const [version, answer] of [
    [4, "20020003"],
    [5, refusal(0x97, SENTENCE)],
  ] as const) {
    const third = await wire(port, version);
    third.send(connectPacket("three", version, { username: "plug" }));
    expect(await third.end()).toBe(answer);
  }
  await login(port, "three", { username: "other" });
  await login(port, "one", { username: "plug" });
  expect(await one.end()).toBe("");
  expect(events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []))).toEqual(
    [1, 2].map(() => ({
      kind: "too_many_connections",
      sentence: SENTENCE,
      hint: 'Raise "maxconnections" of this client of dynamic security, or give each device a user of its own.',
    })),
  );
});
