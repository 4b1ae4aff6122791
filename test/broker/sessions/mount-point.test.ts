import { join } from "node:path";
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import { openStorage, type Storage } from "../../../src/broker/storage/storage.ts";
import { mountedName } from "../../../src/broker/sessions/mount-point.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { createHouse, START_MS, STOPPED } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";

const house = { mountPoint: "house/" } as const;

test.each([
  ["", "$share/g/a/#", "$share/g/a/#"],
  ["house/", "a/#", "house/a/#"],
  ["house/", "#", "house/#"],
  ["house/", "/a", "house//a"],
  ["house/", "$SYS/#", "house/$SYS/#"],
  ["house/", "$share/g/a/#", "$share/g/house/a/#"],
  ["house/", "$share/g", "house/$share/g"],
])("behind %j, %j is called %j", (mountPoint, text, expected) => {
  expect(mountedName(mountPoint, text)).toBe(expected);
});

describe("a client behind a mount point", () => {
  it.each([
    [4, 0, 4],
    [4, 0, 5],
    [5, 0, 5],
    [5, 1, 4],
    [4, 1, 5],
    [5, 2, 5],
  ] as const)(
    "of version %i publishes with QoS %i to topics behind it, as version %i reads",
    (version, qos, reader) => {
      const { connect } = createHouse();
      const outside = connect("outside", { version: reader });
      const inside = connect("inside", { version: reader, ...house });
      for (const client of [outside, inside]) client.send(subscribe("#", qos));
      for (const client of [outside, inside]) client.take();
      connect("pub", { version, ...house }).send(
        publish("a", "1", { qos, ...(qos > 0 ? { messageId: 1 } : {}) }),
        publish("house/a", "2", { qos, ...(qos > 0 ? { messageId: 2 } : {}) }),
        publish("a", "3", { qos, ...(qos > 0 ? { messageId: 3 } : {}) }),
      );
      expect(texts(outside.take())).toEqual(["house/a=1", "house/house/a=2", "house/a=3"]);
      expect(texts(inside.take())).toEqual(["a=1", "house/a=2", "a=3"]);
    },
  );

  it.each([
    [4, 5],
    [5, 4],
    [5, 5],
  ] as const)("gets what is published behind it: version %i from version %i", (version, publisher) => {
    const { connect } = createHouse();
    const inside = connect("inside", { version, ...house });
    const other = connect("other", { version, mountPoint: "garden/" });
    for (const client of [inside, other]) client.send(subscribe("#", 1));
    for (const client of [inside, other]) client.take();
    connect("pub", { version: publisher }).send(
      publish("house/a", "1"),
      publish("house/a", "2"),
      publish("a", "3"),
      publish("garden/a", "4"),
      publish("house/b", "5", { qos: 1 }),
    );
    expect(texts(inside.take())).toEqual(["a=1", "a=2", "b=5"]);
    expect(texts(other.take())).toEqual(["a=4"]);
  });

  it("is not sent a topic of which nothing would be left", () => {
    vi.useFakeTimers({ toFake: ["setImmediate"] });
    onTestFinished(() => void vi.useRealTimers());
    const { connect, engine } = createHouse();
    const publisher = connect("pub");
    publisher.send(publish("house", "kept", { retain: true }));
    const inside = connect("inside", house);
    inside.send(subscribe("#", 1), subscribe("$share/g/#", 1));
    vi.runAllTimers();
    inside.take();
    publisher.send(publish("house", "1", { qos: 1 }), publish("house/", "2"), publish("house", "3"));
    expect(inside.take()).toEqual([]);
    expect(engine.counters.receiveDenied).toBe(0);
  });

  it("shares a subscription with who names its topic in full", () => {
    const { connect } = createHouse();
    const inside = connect("inside", house);
    const outside = connect("outside");
    inside.send(subscribe("$share/g/a"));
    outside.send(subscribe("$share/g/house/a"));
    connect("pub").send(publish("house/a", "1"), publish("house/a", "2"));
    expect(texts(inside.take())).toEqual(["a=1"]);
    expect(texts(outside.take())).toEqual(["house/a=2"]);
  });

  it("gets retained messages without it, and keeps its own behind it", () => {
    vi.useFakeTimers({ toFake: ["setImmediate"] });
    onTestFinished(() => void vi.useRealTimers());
    const { connect, engine } = createHouse();
    connect("pub").send(publish("a", "out", { retain: true }), publish("house/a", "in", { retain: true }));
    const inside = connect("inside", house);
    inside.send(publish("b", "own", { retain: true }), subscribe("+"));
    vi.runAllTimers();
    expect(texts(inside.take())).toEqual(["a=in", "b=own"]);
    expect([...engine.retained.messages()].map(({ topic }) => topic)).toEqual(["a", "house/a", "house/b"]);
    inside.send(publish("a", "", { retain: true }));
    expect(engine.retained.get("house/a")).toBeNull();
    expect(engine.retained.get("a")).not.toBeNull();
  });

  it("uses topic aliases in both directions", () => {
    const { connect } = createHouse();
    const inside = connect("inside", { version: 5, properties: { topicAliasMaximum: 5 }, ...house });
    inside.send(subscribe("#"));
    inside.take();
    const publisher = connect("pub", { version: 5, ...house });
    publisher.send(
      publish("a", "1", { properties: { topicAlias: 1 } }),
      publish("", "2", { properties: { topicAlias: 1 } }),
    );
    expect(publishes(inside.take()).map(({ topic, properties }) => [topic, properties?.topicAlias])).toEqual([
      ["a", 1],
      ["", 1],
    ]);
  });

  it("leaves its will behind it", () => {
    const { connect } = createHouse();
    const outside = connect("outside");
    outside.send(subscribe("#"));
    const will = { topic: "gone", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    connect("c", { will, ...house }).drop();
    expect(texts(outside.take())).toEqual(["house/gone=x"]);
  });

  it("names response topics as it likes", () => {
    const { connect } = createHouse();
    const outside = connect("outside", { version: 5 });
    outside.send(subscribe("#"));
    connect("c", { version: 5, ...house }).send(publish("a", "1", { properties: { responseTopic: "answers" } }));
    expect(publishes(outside.take())).toMatchObject([{ topic: "house/a", properties: { responseTopic: "answers" } }]);
  });

  it("unsubscribes by the name it knows", () => {
    const { connect, engine } = createHouse();
    const inside = connect("inside", { version: 5, ...house });
    inside.send(subscribe("a"), subscribe("$share/g/a"));
    inside.take();
    inside.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["a", "$share/g/a", "house/a"] });
    expect(inside.take()).toMatchObject([{ cmd: "unsuback", granted: [0, 0, 0x11] }]);
    expect(engine.counters.subscriptions).toBe(0);
  });

  it("neither sees topics of the broker, nor sends it commands", () => {
    const { connect, control, engine } = createHouse();
    const inside = connect("inside", house);
    inside.send(subscribe("$SYS/#"), publish("$CONTROL/dynamic-security/v1", "{}"));
    inside.take();
    engine.publish({ topic: "$SYS/broker/version", payload: "x", properties: "", qos: 0, retain: false, expiryS: -1 });
    expect(inside.take()).toEqual([]);
    expect(control).toEqual([]);
  });

  it("is judged by the whole topic", () => {
    const { connect, rules, events } = createHouse();
    for (const rule of ["publish house/a", "receive house/b", "subscribe house/c", "unsubscribe house/d"])
      rules.add(rule);
    const inside = connect("inside", { version: 5, ...house });
    inside.send(
      subscribe("b"),
      subscribe("c"),
      subscribe("d"),
      publish("a", "1", { qos: 1 }),
      publish("house/a", "2", { qos: 1, messageId: 2 }),
      { cmd: "unsubscribe", messageId: 9, unsubscriptions: ["d"] },
    );
    connect("pub").send(publish("house/b", "3"));
    expect(inside.take()).toMatchObject([
      { cmd: "suback", granted: [0] },
      { cmd: "suback", granted: [0x87] },
      { cmd: "suback", granted: [0] },
      { cmd: "puback", reasonCode: 0x87 },
      { cmd: "puback", reasonCode: 0x10 },
      { cmd: "unsuback", granted: [0x87] },
    ]);
    expect(events.flatMap((event) => (event.kind === "denied" ? [`${event.action} ${event.topic}`] : []))).toEqual([
      "subscribe house/c",
      "publish house/a",
      "unsubscribe house/d",
      "receive house/b",
    ]);
  });

  it("is closed when a topic becomes too long for a packet", () => {
    const { connect } = createHouse();
    const client = connect("c", house);
    client.send(publish("x".repeat(65_529), "fits"));
    expect(client.closed()).toBeNull();
    client.send(publish("x".repeat(65_530), "does not"));
    expect(client.closed()).toEqual({
      kind: "protocol_error",
      sentence: "published to a topic that is too long with the prefix of this client",
    });
  });

  it("loses a will whose topic becomes too long", () => {
    const { connect, events } = createHouse();
    const will = { topic: "x".repeat(65_530), payload: Buffer.from("x"), qos: 0, retain: false } as const;
    connect("c", { will, ...house }).drop();
    expect(events.at(-1)).toMatchObject({
      kind: "denied",
      decision: { reason: { sentence: "the topic is too long with the prefix of this client" } },
    });
  });

  it("begins anew where it comes back behind another one", () => {
    const { connect, engine } = createHouse();
    const first = connect("c", { clean: false, ...house });
    first.send(subscribe("a", 1));
    first.drop();
    connect("pub").send(publish("house/a", "kept", { qos: 1 }));
    const same = connect("c", { clean: false, ...house });
    expect(same.sessionPresent).toBe(true);
    expect(texts(same.take())).toEqual(["a=kept"]);
    expect(connect("c", { clean: false, mountPoint: "garden/" }).sessionPresent).toBe(false);
    expect(engine.counters.subscriptions).toBe(0);
  });
});

describe("a user's prefix", () => {
  it("stands behind the mount point, before what it publishes and its will, and before nothing else", () => {
    const { connect } = createHouse();
    const outside = connect("outside");
    outside.send(subscribe("#"));
    const will = { topic: "gone", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    const user = connect("user", { prefix: "factory/", will, ...house });
    user.send(subscribe("#"));
    user.take();
    user.send(publish("a", "1"), publish("a", "2", { qos: 1 }));
    expect(texts(user.take())).toEqual(["factory/a=1", "factory/a=2"]);
    user.drop();
    expect(texts(outside.take())).toEqual(["house/factory/a=1", "house/factory/a=2", "house/factory/gone=x"]);
  });

  it("is the one of the login that a session came back with", () => {
    const { connect } = createHouse();
    const outside = connect("outside");
    outside.send(subscribe("#"));
    connect("user", { clean: false, prefix: "old/" }).drop();
    const user = connect("user", { clean: false, prefix: "new/" });
    expect(user.sessionPresent).toBe(true);
    user.send(publish("a", "1"));
    expect(texts(outside.take())).toEqual(["new/a=1"]);
  });
});

test("a session, its will and what waits for it are behind the mount point after a restart too", async () => {
  const path = join(tempFolder(), "culex.db");
  const open = (): Storage => {
    const options = {
      path,
      intervalMs: 30_000,
      mode: "interval",
      now: () => START_MS,
      report: () => undefined,
    } as const;
    const storage = openStorage(options);
    if (storage.kind !== "open") throw new Error(storage.problem.what);
    onTestFinished(() => storage.close());
    return storage;
  };
  const first = open();
  const before = createHouse({}, first);
  const lasting = { version: 5, clean: false, properties: { sessionExpiryInterval: 1000 }, ...house } as const;
  const will = { topic: "gone", payload: Buffer.from("x"), qos: 1, retain: false } as const;
  const away = before.connect("c", lasting);
  away.send(subscribe("a", 1), subscribe("$share/g/b", 1));
  away.drop();
  before.connect("c2", { ...lasting, will: { ...will, properties: { willDelayInterval: 5 } } });
  before.connect("pub").send(publish("house/a", "1", { qos: 1 }), publish("house/b", "2", { qos: 1 }));
  before.engine.stop(STOPPED);
  await first.close();

  const after = createHouse({}, open());
  const outside = after.connect("outside");
  outside.send(subscribe("house/gone", 1));
  const client = after.connect("c", lasting);
  expect(client.sessionPresent).toBe(true);
  expect(texts(client.take())).toEqual(["a=1", "b=2"]);
  client.send(ack("puback", 1), ack("puback", 2));
  after.connect("pub").send(publish("house/b", "3", { qos: 1 }));
  expect(texts(client.take())).toEqual(["b=3"]);
  client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["a"] });
  expect(client.take()).toMatchObject([{ cmd: "unsuback", granted: [0] }]);
  after.passTime(6000);
  expect(texts(outside.take())).toEqual(["house/gone=x"]);
});

describe("the longest topic of all, of 65,535 bytes", () => {
  const longest = "t".repeat(65_535);

  it.each([
    [4, 5],
    [5, 4],
  ] as const)("passes from version %i to version %i", (version, reader) => {
    const { connect } = createHouse();
    const client = connect("reader", { version: reader });
    client.send(subscribe("#", 1), subscribe(longest, 1));
    client.take();
    connect("writer", { version }).send(publish(longest, "1"), publish(longest, "2", { qos: 1 }));
    expect(publishes(client.take()).map(({ topic, payload }) => [topic === longest, payload.toString()])).toEqual([
      [true, "1"],
      [true, "2"],
    ]);
  });

  it.each([0, 1] as const)("is too long behind a mount point, and the next shorter one is not, QoS %i", (qos) => {
    const { connect } = createHouse();
    const reader = connect("reader");
    reader.send(subscribe("#", 1));
    reader.take();
    const writer = connect("writer", { version: 5, ...house });
    writer.send(publish(longest.slice("house/".length), "fits", { qos }));
    expect(publishes(reader.take()).map(({ topic }) => topic.length)).toEqual([65_535]);
    expect(writer.closed()).toBeNull();
    writer.send(publish(longest.slice("house/".length - 1), "does not", { qos }));
    expect(reader.take()).toEqual([]);
    expect(writer.closed()).toMatchObject({
      sentence: "published to a topic that is too long with the prefix of this client",
    });
    expect(writer.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x90 });
  });
});
