import { describe, expect, it } from "vitest";
import { createHouse } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";
import { DEFAULT_LIMITS } from "../../../src/broker/sessions/limits.ts";

const V5 = { version: 5 } as const;
const KEPT = { version: 5, clean: false, properties: { sessionExpiryInterval: 1000 } } as const;

/** `count` QoS 1 messages of ten bytes, topic included. */
function tens(count: number) {
  return Array.from({ length: count }, (_, index) =>
    publish("t", `${index}`.padEnd(10), { qos: 1, messageId: 1 + index }),
  );
}

describe("bytes on their way to a client", () => {
  it("are those of payloads, without topic and properties", () => {
    const { connect } = createHouse({ maxInflightBytes: 4 });
    const client = connect("c", { version: 5 });
    client.send(subscribe("a/long/topic", 1));
    client.take();
    const more = { qos: 1, properties: { contentType: "text/plain" } } as const;
    const publisher = connect("pub", { version: 5 });
    publisher.send(...["1111", "22", "3"].map((payload) => publish("a/long/topic", payload, more)));
    expect(texts(client.take())).toEqual(["a/long/topic=1111"]);
    client.send(ack("puback", 1));
    expect(texts(client.take())).toEqual(["a/long/topic=22", "a/long/topic=3"]);
  });

  it.each([
    [10, 1],
    [11, 2],
    [25, 3],
    [Infinity, 5],
  ])("above %d hold back further messages after %i, until some are acknowledged", (maxInflightBytes, sent) => {
    const { connect } = createHouse({ maxInflightBytes });
    const client = connect("c");
    client.send(subscribe("t", 1));
    client.take();
    connect("pub").send(...tens(5));
    const first = publishes(client.take());
    expect(first).toHaveLength(sent);
    client.send(ack("puback", first[0]?.messageId ?? 0));
    expect(publishes(client.take())).toHaveLength(sent < 5 ? 1 : 0);
  });

  it("let a message alone through that is larger", () => {
    const { connect } = createHouse({ maxInflightBytes: 5 });
    const client = connect("c");
    client.send(subscribe("t", 1));
    client.take();
    connect("pub").send(publish("t", "much longer", { qos: 1 }));
    expect(texts(client.take())).toEqual(["t=much longer"]);
  });
});

describe("handshakes that a client never ends", () => {
  it("fill its window again on each connection, so they do not grow", () => {
    const { connect, engine } = createHouse({ maxInflight: 2 });
    const subscriber = connect("c", { clean: false });
    subscriber.send(subscribe("t", 2));
    subscriber.drop();
    const ids = Array.from({ length: 10 }, (_, index) => index + 1);
    connect("pub").send(...ids.map((messageId) => publish("t", `${messageId}`, { qos: 2, messageId })));
    const received: string[] = [];
    for (let round = 0; round < 5; round++) {
      const client = connect("c", { clean: false });
      const messages = publishes(client.take());
      received.push(...texts(messages));
      client.send(...messages.map(({ messageId }) => ack("pubrec", messageId ?? 0)));
      client.drop();
    }
    expect(received).toEqual(["t=1", "t=2"]);
    expect(engine.sessions.get("c")?.inflight?.count).toBe(2);
  });
});

describe("the QoS of the subscription, when messages are to be upgraded", () => {
  it.each([
    [false, [0, 0, 0]],
    [true, [0, 1, 2]],
  ])("%s", (upgradeQos, expected) => {
    const { connect } = createHouse({ upgradeQos });
    const clients = ([0, 1, 2] as const).map((qos) => {
      const client = connect(`c${qos}`);
      client.send(subscribe("t", qos), subscribe("$share/g/s", qos));
      client.take();
      return client;
    });
    connect("pub").send(publish("t", "x"));
    expect(clients.flatMap((client) => publishes(client.take()).map(({ qos }) => qos))).toEqual(expected);
  });

  it("counts for shared subscriptions and for retained messages too", async () => {
    const { connect } = createHouse({ upgradeQos: true });
    const shared = connect("shared");
    shared.send(subscribe("$share/g/t", 1));
    shared.take();
    connect("pub").send(publish("t", "x", { retain: true }));
    expect(publishes(shared.take()).map(({ qos }) => qos)).toEqual([1]);
    const late = connect("late");
    late.send(subscribe("t", 1));
    await expect.poll(() => publishes(late.packets).map(({ qos }) => qos)).toEqual([1]);
  });
});

describe("a broker that does not tell its reasons", () => {
  it.each([
    [true, 0x87, { length: 18 + 2, properties: { reasonString: "asked by a test" } }],
    [false, 0x80, { length: 1 }],
  ])("%s: a refused filter, and a goodbye", (tellReasons, granted, properties) => {
    const { connect, engine, rules } = createHouse({ tellReasons });
    rules.add("subscribe t").add("unsubscribe t");
    const client = connect("c", { version: 5 });
    client.send(subscribe("t", 1), { cmd: "unsubscribe", messageId: 2, unsubscriptions: ["t"] });
    expect(client.take()).toMatchObject([
      { cmd: "suback", granted: [granted] },
      { cmd: "unsuback", granted: [granted] },
    ]);
    engine.endSession("c", { kind: "shutting_down", sentence: "asked by a test" });
    expect(client.take()).toEqual([expect.objectContaining({ cmd: "disconnect", reasonCode: 0x98, ...properties })]);
  });
});

it("sends its clients to another broker when it stops, if it knows one", () => {
  const { connect, engine } = createHouse({ serverReference: "b:1883" });
  const client = connect("c", { version: 5 });
  engine.stop({ kind: "shutting_down", sentence: "the broker stops" });
  const properties = { serverReference: "b:1883", reasonString: "the broker stops" };
  expect(client.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x9c, properties }]);
});

describe("a change of the limits", () => {
  it("opens the window of a connected client at once", () => {
    const { connect, engine } = createHouse({ maxInflight: 1 });
    const client = connect("c");
    client.send(subscribe("t", 1));
    client.take();
    connect("pub").send(...tens(4));
    expect(publishes(client.take())).toHaveLength(1);
    engine.recheck({ ...DEFAULT_LIMITS, maxInflight: 3 });
    expect(publishes(client.take())).toHaveLength(2);
    engine.recheck({ ...DEFAULT_LIMITS, maxInflight: 20, maxInflightBytes: Infinity });
    expect(publishes(client.take())).toHaveLength(1);
  });

  it("leaves a connected client what its CONNACK said, and drops nobody", () => {
    const { connect, engine } = createHouse();
    const client = connect("c", V5);
    const strict = { maximumQos: 0, retainAvailable: false, topicAliasMaximum: 0, receiveMaximum: 1 } as const;
    engine.recheck({ ...DEFAULT_LIMITS, ...strict });
    client.send(
      publish("a", "1", { qos: 2, messageId: 1, retain: true, properties: { topicAlias: 10 } }),
      publish("a", "2", { qos: 2, messageId: 2 }),
      subscribe("a", 2),
    );
    expect(client.closed()).toBeNull();
    expect(client.take().map(({ cmd }) => cmd)).toEqual(["pubrec", "pubrec", "suback"]);
  });

  it("counts for subscriptions, levels and queues at once", () => {
    const { connect, engine } = createHouse();
    const client = connect("c", V5);
    client.send(subscribe("a"));
    engine.recheck({
      ...DEFAULT_LIMITS,
      maxSubscriptions: 1,
      maxTopicLevels: 2,
      wildcardAvailable: false,
      sharedAvailable: false,
    });
    client.take();
    for (const filter of ["a", "b", "a/+", "$share/g/a", "1/2/3"]) client.send(subscribe(filter));
    const codes = client.take().flatMap((packet) => (packet.cmd === "suback" ? packet.granted : []));
    expect(codes).toEqual([0, 0x97, 0xa2, 0x9e, 0x8f]);
  });

  it("shortens the life of sessions whose client is away, from the moment it left", () => {
    const { connect, engine, passTime } = createHouse();
    connect("c", KEPT).drop();
    passTime(5_000);
    engine.recheck({ ...DEFAULT_LIMITS, maxSessionExpiryS: 8 });
    passTime(2_000);
    expect(engine.sessions.has("c")).toBe(true);
    passTime(1_500);
    expect(engine.sessions.has("c")).toBe(false);
    expect(engine.counters.sessionsExpired).toBe(1);
  });

  it("begins the time of a session that was to stay for ever", () => {
    const { connect, engine, passTime } = createHouse();
    connect("c", { clean: false }).drop();
    passTime(1_000_000);
    engine.recheck({ ...DEFAULT_LIMITS, maxSessionExpiryS: 8 });
    passTime(7_000);
    expect(engine.sessions.has("c")).toBe(true);
    passTime(1_500);
    expect(engine.sessions.has("c")).toBe(false);
  });

  it("does not touch a session whose life is short enough", () => {
    const { connect, engine, passTime } = createHouse();
    connect("c", { ...KEPT, properties: { sessionExpiryInterval: 5 } }).drop();
    engine.recheck({ ...DEFAULT_LIMITS, maxSessionExpiryS: 8 });
    passTime(5_500);
    expect(engine.sessions.has("c")).toBe(false);
  });
});

describe("short of memory", () => {
  it("keeps nothing for a client that is away, and tells the publisher", () => {
    const { connect, engine, events } = createHouse();
    const away = connect("away", KEPT);
    away.send(subscribe("t", 1));
    away.drop();
    const here = connect("here");
    here.send(subscribe("t", 1));
    here.take();
    const publisher = connect("pub", V5);
    const old = connect("old");
    engine.useMemory(true);
    publisher.send(publish("t", "1", { qos: 1 }), publish("t", "2", { qos: 2, messageId: 2 }), publish("t", "3"));
    expect(publisher.take()).toMatchObject([
      { cmd: "puback", reasonCode: 0x97 },
      { cmd: "pubrec", reasonCode: 0x97 },
    ]);
    old.send(publish("t", "4", { qos: 1 }));
    expect(old.take()).toMatchObject([{ cmd: "puback" }]);
    expect(texts(here.take())).toEqual(["t=1", "t=2", "t=3", "t=4"]);
    expect(engine.counters).toMatchObject({ droppedMemory: 3, droppedOffline: 1 });
    expect(events.find(({ kind }) => kind === "dropped")).toMatchObject({
      client: { clientId: "away" },
      reason: {
        kind: "memory_full",
        sentence: "messages are dropped because the broker is short of memory (memory_limit)",
      },
    });
    engine.useMemory(false);
    publisher.send(publish("t", "5", { qos: 1, messageId: 5 }));
    expect(publisher.take()).toMatchObject([{ cmd: "puback", reasonCode: 0 }]);
    expect(texts(connect("away", KEPT).take())).toEqual(["t=5"]);
  });

  it("retains what takes the place of as much, and nothing more", () => {
    const { connect, engine } = createHouse();
    const publisher = connect("pub", V5);
    const keep = (topic: string, payload: string, messageId: number) =>
      publish(topic, payload, { qos: 1, messageId, retain: true });
    publisher.send(keep("a", "11", 1));
    publisher.take();
    engine.useMemory(true);
    publisher.send(keep("a", "22", 2), keep("a", "333", 3), keep("b", "1", 4), keep("a", "", 5));
    const codes = publisher.take().map((packet) => (packet.cmd === "puback" ? packet.reasonCode : packet.cmd));
    expect(codes).toEqual([0x10, 0x97, 0x97, 0x10]);
    expect(engine.counters.refusedMemory).toBe(2);
    expect(engine.retained.count).toBe(0);
  });

  it("takes up sessions that are kept, but begins no new one", () => {
    const { connect, engine } = createHouse();
    connect("kept", KEPT).drop();
    engine.useMemory(true);
    expect(connect("kept", KEPT).sessionPresent).toBe(true);
    expect(() => connect("new")).toThrow("no room for another session");
    expect(engine.counters.refusedSessions).toBe(1);
  });
});

it("takes no further filters while memory is short, but those it has once more", () => {
  const { connect, engine } = createHouse();
  const client = connect("c", { version: 5 });
  const codes = (filter: string) => {
    client.send(subscribe(filter));
    return client.take().flatMap((packet) => (packet.cmd === "suback" ? packet.granted : []));
  };
  expect(codes("a")).toEqual([0]);
  engine.useMemory(true);
  expect(codes("b")).toEqual([0x97]);
  expect(codes("a")).toEqual([0]);
  engine.useMemory(false);
  expect(codes("b")).toEqual([0]);
});
