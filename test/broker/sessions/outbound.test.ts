import { describe, expect, it } from "vitest";
import { createHouse } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";

const many = (count: number, qos: 1 | 2 = 1) =>
  Array.from({ length: count }, (_, index) => publish("t", String(index), { qos, messageId: index + 1 }));

describe("the in-flight window", () => {
  it("never exceeds the client's receive maximum, and goes on with each acknowledgement", () => {
    const { connect } = createHouse();
    const client = connect("c", { version: 5, properties: { receiveMaximum: 1 } });
    client.send(subscribe("t", 2));
    client.take();
    const publisher = connect("pub");
    publisher.send(publish("t", "a", { qos: 1 }), publish("t", "b", { qos: 2 }), publish("t", "c", { qos: 1 }));
    const [first] = publishes(client.take());
    expect(first?.payload.toString()).toBe("a");
    client.send(ack("puback", first?.messageId ?? 0));
    const [second] = publishes(client.take());
    expect(second?.payload.toString()).toBe("b");
    client.send(ack("pubrec", second?.messageId ?? 0));
    expect(client.take()).toMatchObject([{ cmd: "pubrel" }]);
    client.send(ack("pubcomp", second?.messageId ?? 0));
    expect(texts(client.take())).toEqual(["t=c"]);
  });

  it("frees the place of a QoS 2 message that the client refuses", () => {
    const { connect } = createHouse();
    const client = connect("c", { version: 5, properties: { receiveMaximum: 1 } });
    client.send(subscribe("t", 2));
    client.take();
    connect("pub").send(...many(2, 2));
    const [first] = publishes(client.take());
    client.send(ack("pubrec", first?.messageId ?? 0, 0x87));
    expect(client.take()).toMatchObject([{ cmd: "publish", payload: Buffer.from("1") }]);
  });

  it("delivers QoS 0 past a full window", () => {
    const { connect } = createHouse({ maxInflight: 1 });
    const client = connect("c");
    client.send(subscribe("t", 1));
    client.take();
    connect("pub").send(...many(2), publish("t", "zero"));
    expect(texts(client.take())).toEqual(["t=0", "t=zero"]);
  });

  it("ignores acknowledgements nobody waits for, and of the wrong kind", () => {
    const { connect } = createHouse({ maxInflight: 1 });
    const client = connect("c");
    client.send(subscribe("t", 2));
    client.take();
    connect("pub").send(...many(2, 2));
    const [first] = publishes(client.take());
    const messageId = first?.messageId ?? 0;
    client.send(ack("puback", messageId), ack("pubcomp", messageId), ack("puback", 999));
    expect(texts(client.take())).toEqual([]);
    expect(client.closed()).toBeNull();
  });
});

describe("redelivery", () => {
  it("repeats what was not acknowledged, with DUP, the same ids and in order, then the queue", () => {
    const { connect } = createHouse({ maxInflight: 2 });
    const first = connect("c", { clean: false });
    first.send(subscribe("t", 1));
    first.take();
    const publisher = connect("pub");
    publisher.send(...many(3));
    const sent = publishes(first.take());
    expect(sent.map(({ dup }) => dup)).toEqual([false, false]);
    first.drop();
    publisher.send(publish("t", "away", { qos: 1, messageId: 9 }));
    const second = connect("c", { clean: false });
    expect(second.sessionPresent).toBe(true);
    const again = publishes(second.take());
    expect(again.map(({ messageId, dup }) => [messageId, dup])).toEqual(sent.map(({ messageId }) => [messageId, true]));
    second.send(...again.map(({ messageId }) => ack("puback", messageId ?? 0)));
    const rest = publishes(second.take());
    expect(rest.map(({ payload, dup }) => [payload.toString(), dup])).toEqual([
      ["2", false],
      ["away", false],
    ]);
  });

  it("sends PUBREL again for a message the client has received", () => {
    const { connect } = createHouse();
    const first = connect("c", { clean: false });
    first.send(subscribe("t", 2));
    connect("pub").send(...many(1, 2));
    const messageId = publishes(first.take())[0]?.messageId ?? 0;
    first.send(ack("pubrec", messageId));
    first.drop();
    const second = connect("c", { clean: false });
    expect(second.take()).toMatchObject([{ cmd: "pubrel", messageId }]);
    second.send(ack("pubcomp", messageId));
    second.drop();
    expect(connect("c", { clean: false }).take()).toEqual([]);
  });

  it("keeps to the receive maximum of the new connection", () => {
    const { connect } = createHouse();
    const properties = { sessionExpiryInterval: 100 };
    const first = connect("c", { version: 5, clean: false, properties });
    first.send(subscribe("t", 1));
    connect("pub").send(...many(5));
    first.drop();
    const second = connect("c", { version: 5, clean: false, properties: { ...properties, receiveMaximum: 2 } });
    const seen: string[] = [];
    for (let round = 0; round < 5; round++) {
      const got = publishes(second.take());
      expect(got.length).toBeLessThanOrEqual(2);
      seen.push(...got.map(({ payload }) => payload.toString()));
      second.send(...got.map(({ messageId }) => ack("puback", messageId ?? 0)));
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("frees the id of a QoS 2 message that may no longer be received, without sending it", () => {
    const { connect, rules, engine } = createHouse();
    const first = connect("c", { clean: false });
    first.send(subscribe("t", 2));
    connect("pub").send(...many(1, 2));
    const messageId = publishes(first.take())[0]?.messageId ?? 0;
    first.drop();
    rules.add("receive t");
    engine.sessions.get("c")?.receiveDecisions?.clear();
    expect(connect("c", { clean: false }).take()).toMatchObject([{ cmd: "pubrel", messageId }]);
  });

  it("delivers overlapping QoS 1 filters once, online and after being away (B6)", () => {
    const { connect } = createHouse({ maxInflight: 1000 });
    const online = connect("c", { clean: false });
    online.send(subscribe("o/#", 1), subscribe("o/a", 1), subscribe("+/a", 1));
    online.take();
    const publisher = connect("pub");
    const messages = Array.from({ length: 300 }, (_, index) =>
      publish("o/a", String(index), { qos: 1, messageId: index + 1 }),
    );
    publisher.send(...messages);
    const got = publishes(online.take());
    expect(got).toHaveLength(300);
    online.send(...got.map(({ messageId }) => ack("puback", messageId ?? 0)));
    online.drop();
    publisher.send(...messages.slice(0, 100));
    expect(publishes(connect("c", { clean: false }).take())).toHaveLength(100);
  });
});

describe("the queue of a client that is away", () => {
  it("drops the newest when it is full, and counts", () => {
    const { connect, engine, events } = createHouse({ maxQueuedMessages: 2 });
    const client = connect("c", { clean: false });
    client.send(subscribe("t", 1));
    client.drop();
    connect("pub").send(...many(5));
    expect(publishes(connect("c", { clean: false }).take()).map(({ payload }) => payload.toString())).toEqual([
      "0",
      "1",
    ]);
    expect(engine.counters).toMatchObject({ droppedQueueMessages: 3, droppedQueueBytes: 0 });
    expect(events.filter(({ kind }) => kind === "dropped")).toMatchObject(
      Array.from({ length: 3 }, () => ({
        reason: { kind: "queue_dropped", sentence: "messages are dropped while it is away (at most 2 or 8.4 MB wait)" },
      })),
    );
  });

  it("counts bytes too", () => {
    const { connect, engine } = createHouse({ maxQueuedBytes: 10 });
    const client = connect("c", { clean: false });
    client.send(subscribe("t", 1));
    client.drop();
    connect("pub").send(
      publish("t", "12345", { qos: 1 }),
      publish("t", "6789", { qos: 1 }),
      publish("t", "", { qos: 1 }),
    );
    expect(texts(connect("c", { clean: false }).take())).toEqual(["t=12345", "t="]);
    expect(engine.counters).toMatchObject({ droppedQueueMessages: 0, droppedQueueBytes: 1 });
  });

  it("keeps QoS 0 only when told to", () => {
    for (const queueQos0 of [false, true]) {
      const { connect } = createHouse({ queueQos0 });
      const client = connect("c", { clean: false });
      client.send(subscribe("t", 1));
      client.drop();
      connect("pub").send(publish("t", "zero"), publish("t", "one", { qos: 1 }));
      expect(texts(connect("c", { clean: false }).take())).toEqual(queueQos0 ? ["t=zero", "t=one"] : ["t=one"]);
    }
  });

  it("drops what expired, and sends the rest with the time that is left", () => {
    const { connect, passTime, engine } = createHouse();
    const options = { version: 5, clean: false, properties: { sessionExpiryInterval: 100 } } as const;
    const client = connect("c", options);
    client.send(subscribe("t", 1));
    client.drop();
    connect("pub", { version: 5 }).send(
      publish("t", "short", { qos: 1, properties: { messageExpiryInterval: 5 } }),
      publish("t", "long", { qos: 1, properties: { messageExpiryInterval: 50 } }),
    );
    passTime(20_000);
    expect(publishes(connect("c", options).take())).toMatchObject([
      { payload: Buffer.from("long"), properties: { messageExpiryInterval: 30 } },
    ]);
    expect(engine.counters.droppedExpired).toBe(1);
  });
});

describe("the packet size a client takes", () => {
  it.each([0, 1, 2] as const)("holds for QoS %i: larger messages count as delivered", (qos) => {
    const { connect, engine } = createHouse();
    const client = connect("c", { version: 5, properties: { maximumPacketSize: 60 } });
    client.send(subscribe("t", qos));
    client.take();
    connect("pub").send(publish("t", "x".repeat(100), { qos }), publish("t", "ok", { qos, messageId: 2 }));
    expect(texts(client.take())).toEqual(["t=ok"]);
    expect(engine.counters).toMatchObject({ droppedTooLarge: 1 });
  });
});

describe("large messages", () => {
  it.each([0, 1] as const)("arrive whole at everyone with QoS %i", (qos) => {
    const { connect } = createHouse();
    const clients = [connect("a", { version: 5 }), connect("b", { version: 4 }), connect("c", { version: 5 })];
    clients[2]?.send(subscribe("t", qos, {}, { subscriptionIdentifier: 5 }));
    for (const client of clients.slice(0, 2)) client.send(subscribe("t", qos));
    const payload = "0123456789".repeat(20_000);
    connect("pub").send(publish("t", payload, { qos }));
    for (const client of clients) expect(publishes(client.take())[0]?.payload.toString()).toBe(payload);
  });
});
