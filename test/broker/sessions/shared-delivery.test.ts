import { describe, expect, it } from "vitest";
import { createHouse } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";

const count = 6;
const messages = (qos: 0 | 1 | 2) =>
  Array.from({ length: count }, (_, index) =>
    publish("t", String(index), qos === 0 ? { qos } : { qos, messageId: index + 1 }),
  );

describe("shared subscriptions", () => {
  it.each([
    [4, 0],
    [5, 0],
    [4, 1],
    [5, 2],
  ] as const)("of version %i take turns with QoS %i, beside subscriptions of their own", (version, qos) => {
    const { connect } = createHouse();
    const [a, b, alone] = ["a", "b", "alone"].map((name) => connect(name, { version }));
    for (const client of [a, b]) client?.send(subscribe("$share/g/t", qos));
    alone?.send(subscribe("t", qos));
    for (const client of [a, b, alone]) client?.take();
    connect("pub").send(...messages(qos));
    expect(texts(a?.take() ?? [])).toEqual(["t=0", "t=2", "t=4"]);
    expect(texts(b?.take() ?? [])).toEqual(["t=1", "t=3", "t=5"]);
    expect(texts(alone?.take() ?? [])).toHaveLength(count);
  });

  it("give every group its copy, at the QoS of the member that gets it", () => {
    const { connect } = createHouse();
    const low = connect("low");
    const high = connect("high");
    low.send(subscribe("$share/g/t", 0), subscribe("$share/other/+", 0));
    high.send(subscribe("$share/g/t", 2));
    connect("pub").send(publish("t", "x", { qos: 1 }), publish("t", "y", { qos: 1 }));
    expect(publishes(low.take()).map(({ qos }) => qos)).toEqual([0, 0, 0]);
    expect(publishes(high.take()).map(({ qos }) => qos)).toEqual([1]);
  });

  it("get no retained messages, and carry their identifier", () => {
    const { connect, engine } = createHouse();
    connect("pub").send(publish("t", "old", { retain: true }));
    const member = connect("m", { version: 5 });
    member.send(subscribe("$share/g/t", 0, {}, { subscriptionIdentifier: 9 }));
    expect(engine.sessions.get("m")?.replays).toBeNull();
    connect("pub").send(publish("t", "x"));
    expect(publishes(member.take())).toMatchObject([
      { payload: Buffer.from("x"), properties: { subscriptionIdentifier: 9 } },
    ]);
  });

  it("pass over a member whose empty queue could not hold a message of this size", () => {
    const { connect, engine } = createHouse({ maxQueuedBytes: 10 });
    const away = connect("away", { clean: false });
    away.send(subscribe("$share/g/t", 1));
    away.drop();
    connect("pub").send(publish("t", "longer than ten bytes", { qos: 1 }), publish("t", "short", { qos: 1 }));
    expect(engine.counters).toMatchObject({ droppedGroup: 1, droppedQueueBytes: 0 });
    expect(texts(connect("away", { clean: false }).take())).toEqual(["t=short"]);
  });

  it("pass over members that cannot take the message now", () => {
    const { connect, rules } = createHouse({ maxInflight: 1, maxUnsentBytes: 10 });
    const [full, frozen, free] = ["full", "frozen", "free"].map((name) => connect(name));
    full?.send(subscribe("$share/g/t", 1), subscribe("own", 1));
    frozen?.send(subscribe("$share/g/t", 1));
    free?.send(subscribe("$share/g/t", 0));
    const publisher = connect("pub");
    publisher.send(publish("own", "fills the window", { qos: 1 }));
    frozen?.setUnsent(1_000_000);
    publisher.send(...messages(1));
    expect(texts(free?.take() ?? [])).toHaveLength(count);
    rules.add("receive t");
    expect(texts(full?.take() ?? [])).toEqual(["own=fills the window"]);
  });

  it.each([
    ["on the fast path", {}],
    ["retained", { retain: true }],
  ])("count a message %s that nobody of the group can take", (_name, options) => {
    const { connect, engine } = createHouse();
    const member = connect("member", { clean: false });
    member.send(subscribe("$share/g/t", 1));
    member.drop();
    connect("pub").send(publish("t", "x", options));
    expect(engine.counters.droppedGroup).toBe(1);
  });

  it("use the queue of a member that is away when nobody is there", () => {
    const { connect } = createHouse();
    const away = connect("away", { clean: false });
    away.send(subscribe("$share/g/t", 1));
    away.drop();
    const publisher = connect("pub", { version: 5 });
    publisher.send(publish("t", "kept", { qos: 1 }), publish("t", "zero"));
    expect(publisher.take()).toMatchObject([{ cmd: "puback", reasonCode: 0 }]);
    const here = connect("here");
    here.send(subscribe("$share/g/t", 1));
    publisher.send(publish("t", "live", { qos: 1 }));
    expect(texts(here.take())).toEqual(["t=live"]);
    expect(texts(connect("away", { clean: false }).take())).toEqual(["t=kept"]);
  });

  it("hand over what a member leaves unacknowledged when its session ends, but no QoS 2 that was sent", () => {
    const { connect, engine } = createHouse({ maxInflight: 2 });
    const dying = connect("dying");
    dying.send(subscribe("$share/g/t", 2));
    dying.take();
    const publisher = connect("pub");
    publisher.send(
      publish("t", "one", { qos: 1, messageId: 1 }),
      publish("t", "two", { qos: 2, messageId: 2 }),
      publish("t", "queued", { qos: 2, messageId: 3 }),
    );
    expect(texts(dying.take())).toEqual(["t=one", "t=two"]);
    const heir = connect("heir");
    heir.send(subscribe("$share/g/t", 2));
    heir.take();
    dying.drop();
    engine.advance();
    expect(texts(heir.take())).toEqual(["t=one", "t=queued"]);
  });

  it("do not hand over what was acknowledged or refused", () => {
    const { connect, engine } = createHouse();
    const dying = connect("dying", { version: 5 });
    dying.send(subscribe("$share/g/t", 1));
    connect("pub").send(...messages(1));
    for (const { messageId = 0 } of publishes(dying.take()))
      dying.send(ack("puback", messageId, messageId % 2 ? 0x87 : 0));
    const heir = connect("heir");
    heir.send(subscribe("$share/g/t", 1));
    heir.take();
    dying.drop();
    engine.advance();
    expect(heir.take()).toEqual([]);
  });

  it("end with the last member", () => {
    const { connect, engine } = createHouse();
    const member = connect("m", { version: 5 });
    member.send(subscribe("$share/g/t", 1));
    expect(engine.counters.sharedSubscriptions).toBe(1);
    member.send({ cmd: "unsubscribe", messageId: 5, unsubscriptions: ["$share/g/t", "t"] });
    expect(member.take().at(-1)).toMatchObject({ cmd: "unsuback", granted: [0, 0x11] });
    connect("pub").send(publish("t", "x"));
    expect(member.take()).toEqual([]);
    expect(engine.counters.sharedSubscriptions).toBe(0);
  });
});
