import { describe, expect, it, vi } from "vitest";
import { createHouse, type TestClient } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";

const retained = (topic: string, payload: string, qos: 0 | 1 = 0) => publish(topic, payload, { retain: true, qos });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settled = async (client: TestClient): Promise<string[]> => {
  await turn();
  await turn();
  return texts(client.take());
};

describe("retained messages", () => {
  it("go to a new subscription, with the RETAIN flag, at the lower QoS", async () => {
    const { connect } = createHouse();
    connect("pub").send(retained("a/b", "1", 1), retained("a", "2"), retained("c", "3"));
    const client = connect("c");
    client.send(subscribe("a/#", 0));
    await vi.waitFor(() => expect(publishes(client.packets)).toHaveLength(2));
    expect(publishes(client.take()).map(({ topic, qos, retain }) => [topic, qos, retain])).toEqual([
      ["a", 0, true],
      ["a/b", 0, true],
    ]);
  });

  it.each([
    ["#", ["a", "a/b", "a/b/c", "/", "d//e"]],
    ["+", ["a"]],
    ["a/+", ["a/b"]],
    ["a/#", ["a", "a/b", "a/b/c"]],
    ["+/+", ["a/b", "/"]],
    ["+/b/#", ["a/b", "a/b/c"]],
    ["d//e", ["d//e"]],
    ["d/+/e", ["d//e"]],
    ["$x/#", ["$x/y"]],
    ["+/y", []],
    ["nothing", []],
  ])("match %s as subscriptions do", async (filter, topics) => {
    const { connect } = createHouse();
    connect("pub").send(...["a", "a/b", "a/b/c", "/", "d//e", "$x/y"].map((topic) => retained(topic, "v")));
    const client = connect("c");
    client.send(subscribe(filter));
    expect((await settled(client)).toSorted()).toEqual(topics.map((topic) => `${topic}=v`).toSorted());
  });

  it("obey retain handling", async () => {
    const { connect } = createHouse();
    connect("pub").send(retained("a", "v"));
    const client = connect("c", { version: 5 });
    client.send(subscribe("a", 0, { rh: 1 }));
    expect(await settled(client)).toEqual(["a=v"]);
    client.send(subscribe("a", 0, { rh: 1 }));
    expect(await settled(client)).toEqual([]);
    client.send(subscribe("a", 0, { rh: 0 }));
    expect(await settled(client)).toEqual(["a=v"]);
    client.send(subscribe("a", 0, { rh: 2 }));
    expect(await settled(client)).toEqual([]);
  });

  it("are replaced, deleted by an empty payload, and expire", async () => {
    const { connect, engine, passTime } = createHouse();
    const publisher = connect("pub", { version: 5 });
    publisher.send(retained("a", "old"), retained("a", "new"), retained("b", "x"), retained("b", ""));
    publisher.send({ ...retained("c", "short"), properties: { messageExpiryInterval: 5 } });
    expect(engine.retained.count).toBe(2);
    expect(engine.retained.bytes).toBe("anew".length + "cshort".length);
    passTime(6000);
    expect(engine.retained.count).toBe(1);
    const client = connect("c");
    client.send(subscribe("#"));
    expect(await settled(client)).toEqual(["a=new"]);
  });

  it("stay within their limits, and the publisher hears 0x97", () => {
    const { connect, engine } = createHouse({ maxRetainedMessages: 1 });
    const publisher = connect("pub", { version: 5 });
    publisher.send(retained("a", "1", 1), retained("b", "2", 1), retained("a", "3", 1));
    expect(publisher.take()).toMatchObject([{ reasonCode: 0x10 }, { reasonCode: 0x97 }, { reasonCode: 0x10 }]);
    expect(engine.retained.count).toBe(1);
    expect(engine.counters.refusedRetained).toBe(1);
  });

  it("are not sent where the rules do not allow it", async () => {
    const { connect, rules, engine } = createHouse();
    rules.add("receive secret");
    connect("pub").send(retained("secret", "x"), retained("open", "y"));
    const client = connect("c");
    client.send(subscribe("#"));
    expect(await settled(client)).toEqual(["open=y"]);
    expect(engine.counters.receiveDenied).toBe(1);
  });

  it("of QoS 1 follow the window of the client, and go on after a reconnection", async () => {
    const { connect } = createHouse({ maxInflight: 2 });
    const publisher = connect("pub");
    for (let index = 0; index < 10; index++) publisher.send(retained(`r/${index}`, "v", 1));
    let client = connect("c", { clean: false });
    client.send(subscribe("r/#", 1));
    const seen = new Set<string>();
    for (let round = 0; round < 20; round++) {
      if (round === 3) {
        client.drop();
        client = connect("c", { clean: false });
      }
      await turn();
      const got = publishes(client.take());
      expect(got.length).toBeLessThanOrEqual(2);
      for (const { topic } of got) seen.add(topic);
      client.send(...got.map(({ messageId }) => ack("puback", messageId ?? 0)));
    }
    expect(seen.size).toBe(10);
  });

  it("wait for a client that does not read, and go on when it does", async () => {
    const { connect } = createHouse();
    connect("pub").send(retained("a", "v"));
    const client = connect("c");
    client.setUnsent(1_000_000);
    client.send(subscribe("a"));
    expect(await settled(client)).toEqual([]);
    client.setUnsent(0);
    expect(await settled(client)).toEqual(["a=v"]);
  });

  it("do not repeat what came live after the subscription", async () => {
    const { connect } = createHouse();
    const publisher = connect("pub");
    publisher.send(retained("a", "old"));
    const client = connect("c");
    client.send(subscribe("#"));
    publisher.send(retained("a", "live"), retained("b", "live"));
    expect(await settled(client)).toEqual(["a=live", "b=live"]);
  });

  it("never hold the event loop, however many filters look for them", async () => {
    const { connect } = createHouse();
    const publisher = connect("pub");
    for (let index = 0; index < 20_000; index++) publisher.send(retained(`home/${index % 100}/s${index}/state`, "v"));
    const client = connect("c");
    const filters = Array.from({ length: 50 }, (_, index) => ({ topic: `home/+/+/none${index}`, qos: 0 as const }));
    client.send({ cmd: "subscribe", messageId: 1, subscriptions: filters });
    let turns = 0;
    while (client.connection.session.replays !== null) {
      await turn();
      turns++;
    }
    expect(texts(client.take())).toEqual([]);
    // a million topics are looked at, a millisecond in each turn: a slower machine needs more turns
    expect(turns).toBeGreaterThan(10);
  });
});
