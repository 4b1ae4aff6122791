import { expect, test, vi } from "vitest";
import { encode, login, publish, startBroker, subscribe } from "./wire.ts";

const PANEL = { kind: "not_allowed", sentence: "disconnected in the panel by Ada" } as const;

test("each client has its own counts, in both directions and whichever way the messages went", async () => {
  const { broker, port } = await startBroker();
  const publisher = await login(port, "publisher");
  const old = await login(port, "old");
  const numbered = await login(port, "numbered", { version: 5 });
  for (const client of [old, numbered]) client.send(subscribe(["a/#"], 1, 7));
  await expect(old).toReceive("9003 0007 01");
  await expect(numbered).toReceive("9004 0007 00 01");
  // a run of three, one that waits for its acknowledgement, one that is retained
  publisher.send(Buffer.concat(["1", "22", "333"].map((text) => encode(publish("a/b", text), 4))));
  publisher.send(publish("a/b", "4444", { qos: 1, messageId: 3 }));
  publisher.send(publish("a/c", "55555", { retain: true }));
  await vi.waitFor(() => expect(broker.clients.of("old")?.messagesOut).toBe(5));

  expect(broker.clients.of("publisher")).toMatchObject({ messagesIn: 5, bytesIn: 15, messagesOut: 0, bytesOut: 0 });
  for (const client of ["old", "numbered"]) {
    expect(broker.clients.of(client)).toMatchObject({ messagesIn: 0, bytesIn: 0, messagesOut: 5, bytesOut: 15 });
  }
});

test("the facts of a client are those of its login, its connection and its queue", async () => {
  const before = Date.now();
  const { broker, port } = await startBroker();
  await login(port, "publisher");
  const device = await login(port, "device", {
    version: 5,
    username: "hall",
    keepalive: 30,
    properties: { sessionExpiryInterval: 600 },
  });
  device.send(subscribe(["a/#"], 1, 7));
  await expect(device).toReceive("9004 0007 00 01");
  device.send(publish("b", "x"));
  await vi.waitFor(() => expect(broker.clients.of("device")?.lastTopic).toBe("b"));

  const facts = broker.clients.of("device");
  expect(facts).toMatchObject({
    clientId: "device",
    username: "hall",
    source: "test",
    address: "127.0.0.1",
    listener: "1883",
    isBridge: false,
    connection: { version: 5, keepaliveS: 30 },
    awaySinceMs: null,
    expiryS: 600,
    queued: { count: 0, bytes: 0 },
  });
  expect(facts?.connection?.sinceMs).toBeGreaterThanOrEqual(before);
  expect(facts?.connection?.sinceMs).toBeLessThanOrEqual(Date.now());
  expect([...broker.clients.all()].map(({ clientId }) => clientId)).toEqual(["publisher", "device"]);
  expect(broker.clients.subscriptions("device")).toEqual([
    { filter: "a/#", clientId: "device", qos: 1, isConnected: true, isSuspended: false },
  ]);

  device.socket.destroy();
  await vi.waitFor(() => expect(broker.clients.of("device")?.connection).toBeNull());
  broker.publish({ topic: "a/b", payload: "12345", qos: 1, retain: false });
  const away = broker.clients.of("device");
  expect(away).toMatchObject({ queued: { count: 1, bytes: 8 }, lastTopic: null, messagesIn: 1 });
  expect(away?.awaySinceMs).toBeGreaterThanOrEqual(before);
  expect(away?.awaySinceMs).toBeLessThanOrEqual(Date.now());
});

test("nobody is found under a name that has no session", async () => {
  const { broker } = await startBroker();
  const { clients } = broker;
  expect([clients.of("x"), clients.subscriptions("x"), clients.decide("x", "publish", "a")]).toEqual([null, [], null]);
  expect([clients.disconnect("x", PANEL), clients.endSession("x", PANEL)]).toEqual([false, false]);
});

test("the rules in force answer for a client", async () => {
  const { broker, port, use } = await startBroker({ may: (_, topic) => topic === "a" });
  await login(port, "device");
  const verdict = (topic: string): unknown => broker.clients.decide("device", "publish", topic)?.verdict;
  expect([verdict("a"), verdict("b")]).toEqual(["allow", "deny"]);
  use({ may: () => true });
  expect(verdict("b")).toBe("allow");
});

test("who is disconnected hears it, is reported, and keeps its session", async () => {
  const { broker, port, events } = await startBroker();
  const device = await login(port, "device", { version: 5, properties: { sessionExpiryInterval: 600 } });
  expect(broker.clients.disconnect("device", PANEL)).toBe(true);
  expect((await device.end()).startsWith("e0")).toBe(true);
  expect(events.at(-1)).toMatchObject({ kind: "disconnected", client: { clientId: "device" }, reason: PANEL });
  expect(broker.clients.of("device")?.connection).toBeNull();
  expect(broker.clients.disconnect("device", PANEL)).toBe(false);

  expect(broker.clients.endSession("device", PANEL)).toBe(true);
  expect(events.at(-1)).toMatchObject({ kind: "session_ended", client: { clientId: "device" }, reason: PANEL });
  expect(broker.clients.of("device")).toBeNull();
});

test("a will that goes out is reported, one that was called off is not", async () => {
  const { port, events } = await startBroker();
  const will = { topic: "hall/state", payload: Buffer.from("gone"), qos: 0, retain: false } as const;
  const polite = await login(port, "polite", { will });
  polite.send("e000");
  await polite.end();
  const broken = await login(port, "broken", { will });
  broken.socket.destroy();
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: "disconnected", client: { clientId: "broken" } }));
  expect(events.filter(({ kind }) => kind === "will")).toMatchObject([
    { client: { clientId: "broken" }, topic: "hall/state" },
  ]);
});
