import { describe, expect, test, vi } from "vitest";
import type { TrafficFigures } from "../../src/core/figures.ts";
import { createHouse } from "./engine-house.ts";
import { encode, login, publish, startBroker, subscribe, wire, type Wire } from "./wire.ts";

/** What was counted, by first byte in hex. */
function counted({ packets }: TrafficFigures): Record<string, number> {
  const counts = Array.from(packets, (count, byte) => [byte.toString(16).padStart(2, "0"), count] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Waits until a client has these bytes, and forgets them. */
async function receives(client: Wire, hex: string): Promise<void> {
  await expect(client).toReceive(hex);
}

describe("traffic", () => {
  test("every packet is counted once, and every byte of it, in both directions", async () => {
    const { broker, port } = await startBroker();
    const publisher = await login(port, "publisher");
    const subscriber = await login(port, "subscriber", { version: 5 });
    subscriber.send(subscribe(["a/#"], 2, 7));
    await receives(subscriber, "9004 0007 00 02");
    // three of them at once are delivered as one run
    publisher.send(Buffer.concat(["1", "22", "333"].map((text) => encode(publish("a/b", text), 4))));
    await receives(subscriber, "3007 0003612f62 00 31 3008 0003612f62 00 3232 3009 0003612f62 00 333333");
    publisher.send(publish("a/b", "4444", { qos: 1, messageId: 3 }));
    await receives(publisher, "4002 0003");
    await receives(subscriber, "320c 0003612f62 0001 00 34343434");
    subscriber.send("4002 0001");
    publisher.send(publish("a/c", "55555", { qos: 2, messageId: 4 }));
    await receives(publisher, "5002 0004");
    publisher.send("6202 0004");
    await receives(publisher, "7002 0004");
    await receives(subscriber, "340d 0003612f63 0002 00 3535353535");
    subscriber.send("5002 0002");
    await receives(subscriber, "6202 0002");
    subscriber.send("7002 0002");
    subscriber.send("a208 0008 00 0003612f23");
    await receives(subscriber, "b004 0008 00 00");
    publisher.send("c000");
    await receives(publisher, "d000");
    publisher.send("e000");
    await publisher.end();

    const { received, sent } = broker.figures();
    expect(counted(received)).toEqual({
      "10": 2,
      "30": 3,
      "32": 1,
      "34": 1,
      "40": 1,
      "50": 1,
      "62": 1,
      "70": 1,
      "82": 1,
      a2: 1,
      c0: 1,
      e0: 1,
    });
    expect(counted(sent)).toEqual({
      "20": 2,
      "30": 3,
      "32": 1,
      "34": 1,
      "40": 1,
      "50": 1,
      "62": 1,
      "70": 1,
      "90": 1,
      b0: 1,
      d0: 1,
    });
    expect([received.payloadBytes, sent.payloadBytes]).toEqual([15, 15]);
    expect(received.bytes).toBe(publisher.socket.bytesWritten + subscriber.socket.bytesWritten);
    expect(sent.bytes).toBe(publisher.socket.bytesRead + subscriber.socket.bytesRead);
  });

  test("of a run only what is small enough for its receiver counts as sent", async () => {
    const { broker, port } = await startBroker();
    const publisher = await login(port, "publisher", { version: 5 });
    const subscriber = await login(port, "subscriber", { version: 5, properties: { maximumPacketSize: 20 } });
    subscriber.send(subscribe(["a"]));
    await receives(subscriber, "9004 0001 00 00");
    publisher.send(Buffer.concat(["1", "2".repeat(30), "3"].map((text) => encode(publish("a", text), 5))));
    await receives(subscriber, "3005 000161 00 31 3005 000161 00 33");
    const { received, sent } = broker.figures();
    expect([received.packets[0x30], received.payloadBytes]).toEqual([3, 32]);
    expect([sent.packets[0x30], sent.payloadBytes]).toEqual([2, 2]);
  });

  test("a connection that says nothing of use counts as a socket, and what it was answered as sent", async () => {
    const { broker, port } = await startBroker();
    const client = await wire(port, 5);
    client.send("100c 00044d515454 09 02 0000 00 0000");
    await client.end();
    const { sockets, connections, sessions, received, sent } = broker.figures();
    expect({ sockets, connections, sessions }).toEqual({ sockets: 1, connections: 0, sessions: 0 });
    expect(counted(received)).toEqual({ "10": 1 });
    expect(counted(sent)).toEqual({ "20": 1 });
  });
});

describe("what is held", () => {
  test("clients, sessions, subscriptions, and messages that wait", async () => {
    const { broker, port } = await startBroker();
    const away = await login(port, "away", { clean: false });
    away.send(subscribe(["q/#", "$share/g/s"], 1));
    await receives(away, "9004 0001 01 01");
    away.socket.destroy();
    await vi.waitFor(() => expect(broker.figures().connections).toBe(0));
    const client = await login(port, "here");
    client.send(publish("q/1", "twelve bytes", { qos: 1, messageId: 1, retain: true }));
    client.send(publish("q/2", "four", { qos: 1, messageId: 2 }));
    await receives(client, "4002 0001 4002 0002");
    expect(broker.figures()).toMatchObject({
      connections: 1,
      sessions: 2,
      sessionsExpired: 0,
      dropped: 0,
      subscriptions: 2,
      sharedSubscriptions: 1,
      subscribers: 1,
      filters: 2,
      retained: 1,
      // the retained one also waits for a client, and is still one message
      stored: { count: 2, payloadBytes: 16 },
      bytesUnsent: 0,
    });
  });

  test("a message that waits for two clients is one, until both have it", () => {
    const { engine, connect } = createHouse();
    const options = { version: 4, clean: false } as const;
    for (const name of ["a", "b"]) {
      const client = connect(name, options);
      client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
      client.drop();
    }
    connect("c").send({
      cmd: "publish",
      topic: "t",
      payload: "12345",
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    expect(engine.stored()).toEqual({ count: 1, payloadBytes: 5 });
    for (const [name, left] of [
      ["a", 1],
      ["b", 0],
    ] as const) {
      connect(name, options).send({ cmd: "puback", messageId: 1 });
      expect(engine.stored().count).toBe(left);
    }
  });

  test("queues beyond what is looked at one by one count by their length", () => {
    const { engine, connect } = createHouse({ maxQueuedMessages: 30_000 });
    const away = connect("away", { clean: false });
    away.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
    away.drop();
    for (let index = 0; index < 25_000; index++)
      engine.publish({ topic: "t", payload: "x", properties: "", qos: 1, retain: false, expiryS: -1 });
    expect(engine.stored().count).toBe(25_000);
  });
});
