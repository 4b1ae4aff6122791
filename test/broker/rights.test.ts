import { describe, expect, it } from "vitest";
import { subscriptionsOf } from "../../src/broker/figures.ts";
import { DEFAULT_LIMITS } from "../../src/broker/sessions/limits.ts";
import { createHouse } from "./engine-house.ts";
import { publish, publishes, subscribe, texts } from "./packets-of.ts";

const REASON = { kind: "not_allowed", sentence: "its rights were changed" } as const;

describe("rights that change while clients are connected", () => {
  it("count for what was decided before, in both directions, without a recheck of anybody", () => {
    const { connect, rules, engine } = createHouse();
    const reader = connect("reader");
    reader.send(subscribe("#"));
    const writer = connect("writer", { version: 5 });
    writer.send(publish("a", "1"), publish("b", "1"));
    rules.add("publish a");
    rules.add("receive b");
    engine.rightsChanged(() => false);
    writer.send(publish("a", "2"), publish("b", "2"));
    expect(texts(reader.take())).toEqual(["a=1", "b=1"]);
    rules.clear();
    engine.rightsChanged(() => false);
    writer.send(publish("a", "3"), publish("b", "3"));
    expect(texts(reader.take())).toEqual(["a=3", "b=3"]);
  });

  it("take subscriptions only from those they concern, connected or not", () => {
    const { connect, rules, engine } = createHouse();
    for (const name of ["one", "two"]) {
      const client = connect(name, { clean: false });
      client.send(subscribe("a", 1));
      client.drop();
    }
    rules.add("subscribe a");
    engine.rightsChanged(({ clientId }) => clientId === "one");
    connect("writer").send(publish("a", "x", { qos: 1 }));
    rules.delete("subscribe a");
    expect(texts(connect("one", { clean: false }).take())).toEqual([]);
    expect(texts(connect("two", { clean: false }).take())).toEqual(["a=x"]);
  });

  it.each([
    [4, []],
    [5, [{ cmd: "disconnect", reasonCode: 0x98 }]],
  ] as const)("end a connection without its will, and keep its session: version %i", (version, goodbye) => {
    const { connect, engine } = createHouse();
    const watcher = connect("watcher");
    watcher.send(subscribe("will"));
    const session = version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {};
    const will = { topic: "will", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    const client = connect("c", { version, clean: false, will, ...session });
    engine.expel(client.connection, 0x98, REASON);
    expect(client.take()).toMatchObject(goodbye);
    expect(client.closed()).toEqual(REASON);
    expect(texts(watcher.take())).toEqual([]);
    expect(engine.sessions.has("c")).toBe(true);
    engine.endSession("c", REASON);
    expect(texts(watcher.take())).toEqual([]);
  });
});

describe("new rules for everybody", () => {
  const own = { payload: "x", properties: "", qos: 0, retain: false, expiryS: -1 } as const;

  it("are asked about what is used, and not about every subscription of every session", () => {
    const { connect, asked, engine } = createHouse();
    for (const name of ["one", "two", "three"]) connect(name).send(subscribe("a/+"), subscribe("b"));
    const writer = connect("writer");
    asked.count = 0;
    engine.recheck(DEFAULT_LIMITS);
    expect(asked.count).toBe(0);
    writer.send(publish("b", "1"));
    // the writer, and of three readers the subscription and what it receives
    expect(asked.count).toBe(7);
    writer.send(publish("b", "2"));
    expect(asked.count).toBe(7);
  });

  it.each(["a/b", "a/+", "#", "$share/g/a/b", "$share/g/a/+"])("silence %s from the first message on", (filter) => {
    const { connect, rules, engine } = createHouse();
    const reader = connect("reader");
    const away = connect("away", { clean: false });
    for (const client of [reader, away]) client.send(subscribe(filter, 1));
    away.drop();
    const writer = connect("writer");
    rules.add(`subscribe ${filter}`);
    engine.recheck(DEFAULT_LIMITS);
    writer.send(publish("a/b", "x"), publish("a/b", "x", { qos: 1 }), publish("a/b", "x"));
    engine.publish({ topic: "a/b", ...own });
    engine.publishTo("reader", { topic: "a/b", ...own });
    expect(texts(reader.take())).toEqual([]);
    rules.clear();
    expect(texts(connect("away", { clean: false }).take())).toEqual([]);
    engine.recheck(DEFAULT_LIMITS);
    engine.publish({ topic: "a/b", ...own });
    expect(texts([...reader.take(), ...connect("away", { clean: false }).take()])).toContain("a/b=x");
  });

  it("end what a subscription still has to get of the retained messages", async () => {
    const { connect, rules, engine } = createHouse();
    connect("writer").send(publish("a/b", "x", { retain: true }), publish("c", "x", { retain: true }));
    const reader = connect("reader");
    reader.send(subscribe("a/#"), subscribe("c"));
    rules.add("subscribe a/#");
    engine.recheck(DEFAULT_LIMITS);
    await expect.poll(() => texts(reader.packets)).toContain("c=x");
    expect(texts(reader.take())).toEqual(["c=x"]);
    expect(engine.counters.receiveDenied).toBe(1);
  });

  it("show in the list of subscriptions at once", () => {
    const { connect, rules, engine } = createHouse();
    connect("reader").send(subscribe("a"), subscribe("b"));
    rules.add("subscribe a");
    engine.recheck(DEFAULT_LIMITS);
    expect([...subscriptionsOf(engine)]).toMatchObject([
      { filter: "a", isSuspended: true },
      { filter: "b", isSuspended: false },
    ]);
  });
});

describe("a refused UNSUBSCRIBE", () => {
  it("says so in version 5, and leaves the subscription in place", () => {
    const { connect, rules, events, engine } = createHouse();
    rules.add("unsubscribe a");
    for (const version of [4, 5] as const) {
      const client = connect(`v${version}`, { version });
      client.send(subscribe("a"), subscribe("b"));
      client.take();
      client.send({ cmd: "unsubscribe", messageId: 5, unsubscriptions: ["a", "b", "c"] });
      expect(client.take()).toMatchObject([
        { cmd: "unsuback", ...(version === 5 ? { granted: [0x87, 0, 0x11] } : {}) },
      ]);
      connect("writer").send(publish("a", "x"), publish("b", "x"));
      expect(texts(client.take())).toEqual(["a=x"]);
    }
    expect(engine.counters.unsubscribeDenied).toBe(2);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "denied", action: "unsubscribe", topic: "a", client: expect.anything() }),
    );
  });
});

it.each([
  [3, 1],
  [4, 0x80],
  [5, 0x87],
] as const)("a shared subscription is asked about as it was written, version %i", (version, code) => {
  const { connect, rules } = createHouse();
  rules.add("subscribe $share/g/a");
  const client = connect("c", { version });
  client.send(subscribe("$share/g/a", 1), subscribe("a", 0));
  expect(client.take()).toMatchObject([{ granted: [code] }, { granted: [0] }]);
  connect("writer").send(publish("a", "x"));
  expect(texts(client.take())).toEqual(["a=x"]);
});

describe("a limit of messages per second", () => {
  it.each([0, 1, 2] as const)("drops what is faster and says so, QoS %i", (qos) => {
    const { connect, rates, passTime, engine, events } = createHouse();
    rates.perSecond = 2;
    const reader = connect("reader");
    reader.send(subscribe("a"));
    const writer = connect("writer", { version: 5 });
    for (const payload of ["1", "2", "3"]) writer.send(publish("a", payload, { qos, messageId: Number(payload) }));
    const codes = writer.take().map((packet) => ("reasonCode" in packet ? packet.reasonCode : null));
    expect(codes).toEqual(qos === 0 ? [] : [0, 0, 0x97]);
    passTime(500);
    writer.send(publish("a", "4", { qos, messageId: 4 }), publish("a", "5", { qos, messageId: 5 }));
    expect(texts(reader.take())).toEqual(["a=1", "a=2", "a=4"]);
    expect(engine.counters.refusedRate).toBe(2);
    expect(events.flatMap((event) => (event.kind === "denied" ? [event.decision.reason.sentence] : []))).toEqual([
      "faster than 2 messages a second, which is what its roles allow",
      "faster than 2 messages a second, which is what its roles allow",
    ]);
  });

  it("may be less than one, and counts anew when it changes", () => {
    const { connect, rates, passTime, engine } = createHouse();
    rates.perSecond = 0.5;
    const reader = connect("reader");
    reader.send(subscribe("a"));
    const writer = connect("writer");
    writer.send(publish("a", "1"), publish("a", "2"));
    passTime(1_000);
    writer.send(publish("a", "3"));
    passTime(1_000);
    writer.send(publish("a", "4"));
    rates.perSecond = null;
    engine.rightsChanged(({ clientId }) => clientId === "writer");
    writer.send(publish("a", "5"), publish("a", "6"));
    expect(texts(reader.take())).toEqual(["a=1", "a=4", "a=5", "a=6"]);
  });
});

it("decides about very long topics each time, so that who is denied many of them fills no memory", () => {
  const { connect, rules, events } = createHouse();
  const [long, short] = ["x".repeat(60_000), "x"];
  for (const topic of [long, short]) {
    rules.add(`publish ${topic}`);
    rules.add(`receive other/${topic}`);
  }
  const reader = connect("reader");
  reader.send(subscribe("#"));
  reader.take();
  const writer = connect("writer");
  for (const topic of [long, short, `other/${long}`, `other/${short}`, `free/${long}`, "end"]) {
    writer.send(publish(topic, "1"), publish(topic, "2"));
  }
  expect(publishes(reader.take()).map(({ topic }) => topic.slice(0, 5))).toEqual(["free/", "free/", "end", "end"]);
  expect(events.filter(({ kind }) => kind === "denied")).not.toEqual([]);
  const kept = [writer, reader].flatMap(({ connection: { session } }) => [
    ...(session.publishDecisions?.keys() ?? []),
    ...(session.receiveDecisions?.keys() ?? []),
  ]);
  expect(kept).toEqual(["x", "other/x", "end", "other/x", "end"]);
});

it("takes a thousand user properties in one packet, and closes over one more", () => {
  const { connect } = createHouse();
  for (const [count, closes] of [
    [1000, false],
    [1001, true],
  ] as const) {
    const client = connect(`c${count}`, { version: 5 });
    const userProperties = { a: Array.from({ length: count }, () => "v") };
    client.send(publish("t", "x", { properties: { userProperties } }));
    expect(client.closed()?.sentence ?? null).toBe(closes ? "sent a packet with more than 1000 user properties" : null);
  }
});
