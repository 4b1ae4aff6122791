import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { BrokerEvent } from "../../src/core/events.ts";
import { connectPacket, encode, login, publish, refusal, startBroker, subscribe, wire } from "./wire.ts";

const notSecret = (action: string, topic: string): boolean => action !== "receive" || !topic.startsWith("secret");

describe("what a client may not receive", () => {
  test("live messages are left out", async () => {
    const { port, broker, events } = await startBroker({ may: notSecret });
    const client = await login(port, "c");
    client.send(subscribe(["#"]));
    await expect(client).toReceive("9003000100");
    for (const topic of ["secret", "open", "secret"]) broker.publish({ topic, payload: "x", qos: 0, retain: false });
    broker.publish({ topic: "end", payload: "", qos: 0, retain: false });
    await expect(client).toReceive("300700046f70656e78 30050003656e64");
    // A "#" under narrow rules would fill the log: each topic is reported once.
    expect(denials(events)).toEqual(["c receive secret"]);
  });

  test("retained messages are left out", async () => {
    const { port, broker } = await startBroker({ may: notSecret });
    broker.publish({ topic: "secret", payload: "x", qos: 0, retain: true });
    broker.publish({ topic: "open", payload: "x", qos: 0, retain: true });
    const client = await login(port, "c");
    client.send(subscribe(["#"]));
    await expect(client).toReceive("9003000100 310700046f70656e78");
  });

  test("queued messages are left out, also many, and are not kept", async () => {
    const broker = await startBroker();
    const first = await login(broker.port, "c", { clean: false });
    first.send(subscribe(["#"], 1));
    await expect(first).toReceive("9003000101");
    first.send("e000");
    await first.end();
    for (let n = 0; n < 40; n++) broker.broker.publish({ topic: "secret", payload: "x", qos: 1, retain: false });
    broker.broker.publish({ topic: "open", payload: "x", qos: 1, retain: false });
    broker.use({ may: notSecret });
    const again = await wire(broker.port);
    again.send(connectPacket("c", 4, { clean: false }));
    const received = await again.readBytes(15);
    expect(received.toString("latin1", 8, 12)).toBe("open");
    again.send("c000");
    await expect(again).toReceive("d000");
    again.send(Buffer.concat([Buffer.from([0x40, 2]), received.subarray(12, 14), Buffer.from("e000", "hex")]));
    await again.end();
    broker.use({});
    const third = await wire(broker.port);
    third.send(connectPacket("c", 4, { clean: false }));
    await third.readBytes(4);
    third.send("c000");
    await expect(third).toReceive("d000");
  });

  test("a subscription that is denied is denied alone, and nothing of it is kept for a client that is away", async () => {
    const { port, broker } = await startBroker({
      may: (action, topic) => action !== "subscribe" || topic !== "secret",
    });
    const client = await login(port, "c", { clean: false });
    client.send(subscribe(["secret", "open"], 1));
    await expect(client).toReceive("90040001 8001");
    client.send("e000");
    await client.end();
    broker.publish({ topic: "secret", payload: "x", qos: 1, retain: false });
    broker.publish({ topic: "open", payload: "x", qos: 1, retain: false });
    const again = await wire(port);
    again.send(connectPacket("c", 4, { clean: false }));
    const received = await again.readBytes(15);
    expect(received.toString("latin1", 8, 12)).toBe("open");
    again.send("c000");
    await expect(again).toReceive("d000");
  });
});

describe("wills", () => {
  const will = { topic: "secret/will", payload: Buffer.from("x"), qos: 0, retain: false } as const;

  test("a will that is allowed goes out, without the property of its own (0x18)", async () => {
    const { port, events } = await startBroker();
    const reader = await login(port, "reader", { version: 5 });
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("900400010000");
    const client = await login(port, "c", { version: 5, will: { ...will, properties: { willDelayInterval: 0 } } });
    client.socket.destroy();
    await expect(reader).toReceive("300f000b7365637265742f77696c6c0078");
    expect(denials(events)).toEqual([]);
  });

  test("a will that is denied is dropped", async () => {
    const { port, events } = await startBroker({ may: (action) => action !== "publish" });
    const reader = await login(port, "reader", { version: 5 });
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("900400010000");
    const client = await login(port, "c", { version: 5, will });
    client.socket.destroy();
    await vi.waitFor(() => expect(denials(events)).toEqual(["c publish secret/will"]));
    reader.send("c000");
    await expect(reader).toReceive("d000");
  });

  test.each([
    [4, "a/#", ""],
    [5, "a/+/b", refusal(0x90, "asked for a will to a topic that holds a wildcard")],
  ] as const)("a CONNECT of version %i with a will to %s is refused", async (version, topic, answer) => {
    const { port, broker, events } = await startBroker();
    const reader = await login(port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const client = await wire(port, version);
    client.send(connectPacket("c", version, { will: { ...will, topic } }));
    expect(await client.end()).toBe(answer);
    expect(events.at(-1)).toMatchObject({
      kind: "refused",
      reason: { kind: "protocol_error", sentence: "asked for a will to a topic that holds a wildcard" },
    });
    broker.publish({ topic: "end", payload: "", qos: 0, retain: false });
    await expect(reader).toReceive("30050003656e64");
  });

  test("a goodbye keeps the will back, also when it comes with the end of the connection", async () => {
    const { port, events } = await startBroker();
    const reader = await login(port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const client = await login(port, "c", { will });
    client.send(publish("last", "x"));
    client.socket.end(Buffer.from("e000", "hex"));
    await client.end();
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: "disconnected", reason: null }));
    reader.send("c000");
    await expect(reader).toReceive("300700046c61737478 d000");
  });
});

test("rules that break down deny, are logged, and take nobody along", async () => {
  const broker = await startBroker();
  const client = await login(broker.port, "c", { version: 5 });
  client.send(subscribe(["#"]));
  await expect(client).toReceive("900400010000");
  const other = await login(broker.port, "other");
  broker.use({
    may(action, topic, { clientId }) {
      if (clientId === "c") throw new Error("broken rule");
      return action !== "subscribe" || topic === "t";
    },
  });
  broker.broker.publish({ topic: "t", payload: "x", qos: 0, retain: false });
  client.send(publish("t", "x", { qos: 1, messageId: 1 }));
  await expect(client).toReceive("4003000187");
  client.send(subscribe(["a"], 0, 2));
  await expect(client).toReceive("900400020087");
  expect(denials(broker.events)).toEqual(["c publish t", "c subscribe a"]);
  expect(broker.lines.map(({ message }) => message)).toContain("The rules could not be asked: broken rule");
  other.send(subscribe(["t"]));
  await expect(other).toReceive("9003000100");
  broker.broker.publish({ topic: "t", payload: "y", qos: 0, retain: false });
  await expect(other).toReceive("300400017479");
});

describe("overlapping filters", () => {
  test("a message goes to a client once, and every message goes", async () => {
    const { port, broker } = await startBroker();
    const client = await login(port, "c");
    client.send(subscribe(["a/b", "a/#", "+/b"]));
    await expect(client).toReceive("90050001000000");
    const sender = await login(port, "s");
    sender.socket.cork();
    for (let n = 0; n < 40; n++) sender.send(publish("a/b", String(n % 10), { retain: n % 2 === 0 }));
    sender.socket.uncork();
    const received = await client.readBytes(40 * 8);
    const digits = Array.from({ length: 40 }, (_, n) => received.toString("latin1", n * 8 + 7, n * 8 + 8));
    expect(digits.toSorted()).toEqual(Array.from({ length: 40 }, (_, n) => String(n % 10)).toSorted());
    client.send("c000");
    await expect(client).toReceive("d000");
    expect(broker.sessions()).toHaveLength(2);
  });

  test("a kept session with overlapping QoS 1 filters stays connected and gets each message once", async () => {
    const { port, broker } = await startBroker();
    const client = await login(port, "c", { clean: false });
    client.send(subscribe(["a/b", "a/#"], 1));
    await expect(client).toReceive("900400010101");
    for (let n = 0; n < 50; n++) broker.publish({ topic: "a/b", payload: "x", qos: 1, retain: false });
    for (let n = 0; n < 50; n++) {
      // The next one comes when the window opens: the in-flight limit is 20.
      const message = await client.readBytes(10);
      client.send(Buffer.concat([Buffer.from([0x40, 2]), message.subarray(7, 9)]));
    }
    client.send("c000");
    await expect(client).toReceive("d000");
  });
});

describe("names that objects inherit", () => {
  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("%s as client id and topic", async (name) => {
    const { port } = await startBroker();
    const client = await login(port, name, { clean: false });
    client.send(subscribe([name], 1));
    await expect(client).toReceive("9003000101");
    client.send(publish(name, "x", { qos: 1, messageId: 5 }));
    const size = 2 + 2 + name.length + 2 + 1;
    const received = await client.readBytes(4 + size);
    expect(received.toString("latin1")).toContain(name);
    const newer = await login(port, name, { clean: false });
    await client.end();
    newer.send({ cmd: "unsubscribe", messageId: 3, unsubscriptions: [name] });
    await vi.waitFor(() => expect(newer.received()).toContain("b0020003"));
  });

  test("several filters with __proto__ among them are filters like any other", async () => {
    const { port } = await startBroker();
    const client = await login(port, "c", { version: 5 });
    client.send(subscribe(["a", "__proto__", "b"]));
    await expect(client).toReceive("9006000100000000");
    for (const topic of ["a", "__proto__", "b"]) client.send(publish(topic));
    const received = (await client.readBytes(7 + 15 + 7)).toString("latin1");
    expect(received.match(/a|__proto__|b/g)).toEqual(["a", "__proto__", "b"]);
  });

  test("plain aedes ends with the process (control)", async () => {
    const script = `
      import { Aedes } from "aedes";
      import { connect, createServer } from "node:net";
      const aedes = await Aedes.createBroker();
      const server = createServer((socket) => aedes.handle(socket)).listen(0, "127.0.0.1", () => {
        const client = connect(server.address().port, "127.0.0.1");
        client.end(Buffer.from(process.argv[1], "hex"));
        client.on("close", () => process.exit(0));
      });`;
    const packet = encode(connectPacket("constructor", 4), 4).toString("hex");
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, packet], { stdio: "ignore" });
    const [code] = await once(child, "exit");
    expect(code).toBe(1);
  });
});

describe("a client that does not read", () => {
  test("does not slow others down; what is dropped is counted, what comes is whole", async () => {
    const { port, broker, events } = await startBroker();
    const frozen = await login(port, "frozen");
    frozen.send(subscribe(["load"]));
    await expect(frozen).toReceive("9003000100");
    frozen.socket.pause();
    const reader = await login(port, "reader");
    reader.send(subscribe(["other"]));
    await expect(reader).toReceive("9003000100");
    const payload = Buffer.alloc(20_000, 1);
    for (let n = 0; n < 1_500; n++) {
      payload.writeUInt32BE(n);
      broker.publish({ topic: "load", payload: Buffer.from(payload), qos: 0, retain: false });
      broker.publish({ topic: "other", payload: "x", qos: 0, retain: false });
    }
    await reader.readBytes(1_500 * 10);
    const drops = events.filter((event) => event.kind === "dropped");
    expect(drops[0]).toMatchObject({
      client: { clientId: "frozen" },
      reason: {
        kind: "queue_dropped",
        sentence: "messages are dropped because it does not read them (8.4 MB are waiting)",
      },
      count: 1,
    });
    expect(drops.length).toBeLessThan(1_500);
    frozen.socket.resume();
    const size = 4 + 2 + 4 + 20_000;
    const received = await frozen.readBytes((1_500 - drops.length) * size);
    const numbers = Array.from({ length: 1_500 - drops.length }, (_, n) => received.readUInt32BE(n * size + 10));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(1_500 - drops.length);
    frozen.send("c000");
    await expect(frozen).toReceive("d000");
  });

  test("keeps its connection and a bounded queue when QoS 1 piles up; what fits comes when it reads", async () => {
    const { port, broker, events } = await startBroker();
    const frozen = await login(port, "frozen", { clean: false });
    frozen.send(subscribe(["load"], 1));
    await expect(frozen).toReceive("9003000101");
    frozen.socket.pause();
    const payload = Buffer.alloc(200_000, 1);
    for (let n = 0; n < 250; n++) {
      payload.writeUInt32BE(n);
      broker.publish({ topic: "load", payload: Buffer.from(payload), qos: 1, retain: false });
    }
    const drops = events.filter(({ kind }) => kind === "dropped");
    expect(drops[0]).toMatchObject({
      client: { clientId: "frozen" },
      reason: { kind: "queue_dropped", sentence: expect.stringMatching(/^messages are dropped because it does not/) },
      count: 1,
    });
    const kept = 250 - drops.length;
    // 8 MB wait in the queue, and a few messages are on their way.
    expect(kept).toBeGreaterThanOrEqual(41);
    expect(kept).toBeLessThan(60);
    frozen.socket.resume();
    for (let n = 0; n < kept; n++) {
      const message = await frozen.readBytes(4 + 6 + 2 + 200_000);
      expect(message.readUInt32BE(12)).toBe(n);
      frozen.send(Buffer.concat([Buffer.from([0x40, 2]), message.subarray(10, 12)]));
    }
    frozen.send("c000");
    await expect(frozen).toReceive("d000");
    expect(events.filter(({ kind }) => kind === "disconnected")).toEqual([]);
  });

  test("is cut off when acknowledgements pile up, which no limit of messages holds back", async () => {
    const { port, events } = await startBroker({ limits: { maxPayloadBytes: 0 } });
    const deaf = await login(port, "deaf", { version: 5 });
    deaf.socket.pause();
    // Each of these few bytes asks for an answer that says in words why the message is not taken.
    const refused = encode(publish("t", "x", { qos: 1, messageId: 1 }), 5);
    const flood = Buffer.alloc(refused.length * 20_000, refused);
    const pour = (error?: Error | null): void => {
      if (error === undefined || error === null) deaf.socket.write(flood, pour);
    };
    pour();
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: "disconnected" }), { timeout: 80_000 });
    expect(events.at(-1)).toMatchObject({
      client: { clientId: "deaf" },
      reason: { kind: "queue_dropped", sentence: "too much is waiting because it does not read" },
    });
  }, 90_000);

  test("a queue of a client that is away holds 1000 messages", async () => {
    const { port, broker, events } = await startBroker();
    const client = await login(port, "away", { clean: false });
    client.send(subscribe(["t"], 1));
    await expect(client).toReceive("9003000101");
    client.send("e000");
    await client.end();
    for (let n = 0; n < 1_003; n++) broker.publish({ topic: "t", payload: "x", qos: 1, retain: false });
    expect(events.filter(({ kind }) => kind === "dropped")).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      client: { clientId: "away" },
      reason: {
        kind: "queue_dropped",
        sentence: "messages are dropped while it is away (at most 1000 or 8.4 MB wait)",
      },
    });
    const again = await login(port, "away", { clean: false });
    for (let n = 0; n < 1_000; n++) {
      const message = await again.readBytes(8);
      again.send(Buffer.concat([Buffer.from([0x40, 2]), message.subarray(5, 7)]));
    }
    again.send("c000");
    await expect(again).toReceive("d000");
  });

  test("a clean start forgets a long queue and the client is served", async () => {
    const { port, broker } = await startBroker();
    const client = await login(port, "away", { clean: false });
    client.send(subscribe(["t"], 1));
    await expect(client).toReceive("9003000101");
    client.send("e000");
    await client.end();
    for (let n = 0; n < 40; n++) broker.publish({ topic: "t", payload: "x", qos: 1, retain: false });
    const again = await login(port, "away");
    again.send("c000");
    await expect(again).toReceive("d000");
  });
});

test("messages above the client's maximum packet size are not sent, and do not come back", async () => {
  const { port, broker, events } = await startBroker();
  const properties = { maximumPacketSize: 40, sessionExpiryInterval: 100 };
  const client = await login(port, "small", { version: 5, clean: false, properties });
  client.send(subscribe(["t"], 2));
  await expect(client).toReceive("900400010002");
  for (const qos of [0, 1, 2] as const) broker.publish({ topic: "t", payload: "x".repeat(60), qos, retain: false });
  broker.publish({ topic: "t", payload: "ok", qos: 0, retain: false });
  await expect(client).toReceive("3006000174006f6b");
  const sentence = "messages are dropped because it takes at most 40 bytes";
  expect(events.filter(({ kind }) => kind === "dropped")).toMatchObject(
    Array.from({ length: 3 }, () => ({
      client: { clientId: "small" },
      reason: { kind: "oversize", sentence },
      count: 1,
    })),
  );
  client.send("e000");
  await client.end();
  const again = await login(port, "small", { version: 5, clean: false, properties: { sessionExpiryInterval: 100 } });
  again.send("c000");
  await expect(again).toReceive("d000");
});

test("many messages of one turn go out in few writes", async () => {
  const { port, broker, socket } = await startBroker();
  const client = await login(port, "c");
  client.send(subscribe(["t"]));
  await expect(client).toReceive("9003000100");
  const writes = vi.spyOn(socket(), "write");
  for (let n = 0; n < 50; n++) broker.publish({ topic: "t", payload: "0123456789", qos: 0, retain: false });
  await client.readBytes(50 * 15);
  expect(writes.mock.calls.length).toBeLessThan(5);
});

test("the engine's own topics are seen by nobody", async () => {
  const { port, broker } = await startBroker();
  const client = await login(port, "c");
  client.send(subscribe(["$SYS/#"]));
  await expect(client).toReceive("9003000100");
  await login(port, "newcomer");
  broker.publish({ topic: "$SYS/broker/x", payload: "1", qos: 0, retain: false });
  await expect(client).toReceive("3010000d245359532f62726f6b65722f7831");
});

function denials(events: readonly BrokerEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === "denied" ? [`${event.client.clientId} ${event.action} ${event.topic}`] : [],
  );
}
