import { describe, expect, test, vi } from "vitest";
import { greet, join, subscribed } from "./talker.ts";
import { connectPacket, login, publish, refusal, startBroker, subscribe, wire } from "./wire.ts";

const V5 = { version: 5 } as const;
const KEPT = { version: 5, clean: false, properties: { sessionExpiryInterval: 1000 } } as const;

/** The answer to a CONNECT, and what is left of the connection. */
async function answered(port: number, clientId: string, version: 3 | 4 | 5): Promise<string> {
  const client = await wire(port, version);
  client.send(connectPacket(clientId, version));
  return client.end();
}

describe("connections", () => {
  const sentence = "the broker has 2 connections already, its limit (global_max_connections)";

  test("above the limit are told so, and recorded with their names", async () => {
    const { port, events } = await startBroker({ limits: { maxConnections: 2 } });
    await login(port, "a");
    const second = await login(port, "b");
    expect(await answered(port, "c", 5)).toBe(refusal(0x89, sentence));
    expect(await answered(port, "d", 4)).toBe("20020003");
    expect(events.filter(({ kind }) => kind === "refused")).toMatchObject([
      { client: { clientId: "c" }, reason: { kind: "too_many_connections", sentence } },
      { client: { clientId: "d" }, reason: { kind: "too_many_connections", sentence } },
    ]);
    second.socket.end();
    await second.end();
    await vi.waitFor(async () => expect((await join(port, "e")).isClosed()).toBe(false));
  });

  test("far above it are closed unheard", async () => {
    const { port, events } = await startBroker({ limits: { maxConnections: 1 } });
    const silent = await Promise.all(Array.from({ length: 101 }, () => wire(port)));
    const more = await wire(port);
    expect(await more.end()).toBe("");
    expect(silent.every(({ socket }) => !socket.destroyed)).toBe(true);
    expect(events).toMatchObject([
      {
        kind: "refused",
        client: { clientId: "", address: "127.0.0.1", listener: "1883" },
        reason: { kind: "too_many_connections" },
      },
    ]);
  });

  test("stay when the limit is lowered", async () => {
    const { port, broker, use } = await startBroker();
    await login(port, "a");
    const b = await login(port, "b");
    use({ limits: { maxConnections: 1 } });
    b.send("c000");
    await expect(b).toReceive("d000");
    expect(await answered(port, "c", 4)).toBe("20020003");
    expect(broker.sessions().map(({ clientId }) => clientId)).toEqual(["a", "b"]);
  });
});

test("sessions above the limit are refused, those of clients that are away included", async () => {
  const { port, broker } = await startBroker({ limits: { maxSessions: 2 } });
  const away = await join(port, "away", KEPT);
  await away.drop();
  const here = await join(port, "here");
  const sentence = "there are 2 sessions already, the limit (global_max_clients)";
  expect(await answered(port, "new", 5)).toBe(refusal(0x89, sentence));
  expect(await answered(port, "new", 3)).toBe("20020003");
  expect(broker.counters().refusedSessions).toBe(2);
  expect((await greet(port, "away", KEPT).then((talker) => talker.answer("connack"))).sessionPresent).toBe(true);
  expect(here.isClosed()).toBe(false);
});

describe("a process that is short of memory", () => {
  test("begins no new session, queues nothing, and says so once", async () => {
    const { port, broker, use, lines } = await startBroker();
    const away = await subscribed(await join(port, "away", KEPT), subscribe(["t"], 1));
    await away.drop();
    const publisher = await join(port, "pub", V5);
    use({ limits: { maxMemoryBytes: 1 } });
    use({ limits: { maxMemoryBytes: 1 } });
    expect(lines.filter(({ type }) => type === "warning").map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^[\d.]+ MB of memory are in use, and the limit is 1 bytes \(memory_limit\)\. Nothing more is queued or retained, and no new session begins\. Find out which devices are away and have full queues, lower max_queued_bytes, or raise the limit\.$/,
      ),
    ]);
    publisher.send(publish("t", "x", { qos: 1, messageId: 1 }));
    expect(await publisher.answer("puback")).toMatchObject({
      reasonCode: 0x97,
      properties: {
        reasonString: "this broker is short of memory and keeps no message for clients that cannot take it now",
      },
    });
    expect(broker.counters().droppedMemory).toBe(1);
    expect(await answered(port, "new", 5)).toBe(refusal(0x97, "the broker is short of memory (memory_limit)"));
    expect(await answered(port, "new", 4)).toBe("20020003");
    use({});
    expect(lines.at(-1)?.message).toBe("Memory is below its limit again: messages are queued and retained as before.");
    expect((await join(port, "new")).isClosed()).toBe(false);
  });
});

describe("the limits of a listener", () => {
  test("are told in CONNACK and hold for its connections", async () => {
    const { port, events } = await startBroker({
      limits: { retainAvailable: false, wildcardAvailable: false, sharedAvailable: false, receiveMaximum: 7 },
      listenerLimits: { maximumQos: 1, topicAliasMaximum: 0, topicAliasMaximumOut: 0 },
    });
    const talker = await greet(port, "c", { ...V5, properties: { topicAliasMaximum: 5 } });
    expect(await talker.answer("connack")).toMatchObject({
      reasonCode: 0,
      properties: {
        receiveMaximum: 7,
        maximumQoS: 1,
        retainAvailable: false,
        wildcardSubscriptionAvailable: false,
        sharedSubscriptionAvailable: false,
        maximumPacketSize: 2_000_000,
      },
    });
    talker.take();
    talker.send(subscribe(["t"], 2), subscribe(["#"], 0, 2), subscribe(["$share/g/t"], 0, 3));
    await talker.settle();
    const granted = talker.take().map((packet) => (packet.cmd === "suback" ? packet.granted : packet.cmd));
    expect(granted).toEqual([[1], [0xa2], [0x9e]]);
    talker.send(publish("t", "x"), publish("t", "y"));
    await talker.settle();
    expect(talker.messages().map(({ properties }) => properties)).toEqual([undefined, undefined]);
    expect(talker.isClosed()).toBe(false);
    expect(events.some(({ kind }) => kind === "disconnected")).toBe(false);
  });

  test.each([
    ["a QoS above the maximum", publish("t", "x", { qos: 2, messageId: 1 }), 0x9b],
    ["a retained message", publish("t", "x", { retain: true }), 0x9a],
    ["a topic alias", publish("t", "x", { properties: { topicAlias: 1 } }), 0x94],
  ] as const)("end a connection that publishes %s", async (_name, packet, reasonCode) => {
    const { port } = await startBroker({
      limits: { retainAvailable: false },
      listenerLimits: { maximumQos: 1, topicAliasMaximum: 0 },
    });
    const talker = await join(port, "c", V5);
    talker.send(packet);
    expect(await talker.answer("disconnect")).toMatchObject({ reasonCode });
    const old = await join(port, "old");
    old.send(reasonCode === 0x94 ? publish("t", "x", { retain: true }) : packet);
    await vi.waitFor(() => expect(old.isClosed()).toBe(true));
  });

  test.each([
    [{ qos: 2, retain: false }, 0x9b, "asked for a will above the maximum QoS of this broker"],
    [{ qos: 0, retain: true }, 0x9a, "asked for a retained will, which this broker does not take"],
  ] as const)("refuse a will of %j", async (more, code, sentence) => {
    const { port } = await startBroker({ limits: { retainAvailable: false }, listenerLimits: { maximumQos: 1 } });
    const client = await wire(port, 5);
    client.send(connectPacket("c", 5, { will: { topic: "t", payload: Buffer.from("x"), ...more } }));
    expect(await client.end()).toBe(refusal(code, sentence));
  });
});
