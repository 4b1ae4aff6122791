import { describe, expect, it } from "vitest";
import { createHouse } from "./engine-house.ts";
import { publish, subscribe, texts } from "./packets-of.ts";

const TOPIC = "$CONTROL/dynamic-security/v1";
const own = (topic: string, payload: string) =>
  ({ topic, payload, properties: "", qos: 0, retain: false, expiryS: -1 }) as const;

describe("a message below $CONTROL/", () => {
  it.each([
    [4, 0, []],
    [4, 1, ["puback 0"]],
    [4, 2, ["pubrec 0"]],
    [5, 0, []],
    [5, 1, ["puback 0"]],
    [5, 2, ["pubrec 0"]],
  ] as const)("goes to the desk and to nobody else: version %i, QoS %i", (version, qos, answers) => {
    const { connect, control, engine } = createHouse();
    const others = connect("others");
    others.send(subscribe("$CONTROL/#"), subscribe(TOPIC));
    const asker = connect("asker", { version });
    asker.send(publish(TOPIC, "what", { qos, retain: true }));
    expect(
      asker.take().map((packet) => `${packet.cmd} ${"reasonCode" in packet ? (packet.reasonCode ?? 0) : 0}`),
    ).toEqual(answers);
    expect(control).toEqual([`asker ${TOPIC} what`]);
    expect(texts(others.take())).toEqual([]);
    expect(engine.retained.get(TOPIC)).toBeNull();
  });

  it("keeps its place between messages to other topics", () => {
    const { connect, control } = createHouse();
    const reader = connect("reader");
    reader.send(subscribe("a"));
    connect("asker").send(publish("a", "1"), publish(TOPIC, "x"), publish(TOPIC, "y"), publish("a", "2"));
    expect(control).toEqual([`asker ${TOPIC} x`, `asker ${TOPIC} y`]);
    expect(texts(reader.take())).toEqual(["a=1", "a=2"]);
  });

  it("is refused like any other by the rules", () => {
    const { connect, control, rules } = createHouse();
    rules.add(`publish ${TOPIC}`);
    const asker = connect("asker", { version: 5 });
    asker.send(publish(TOPIC, "0"), publish(TOPIC, "1", { qos: 1 }));
    expect(asker.take()).toMatchObject([{ cmd: "puback", reasonCode: 0x87 }]);
    expect(control).toEqual([]);
  });

  it("is no command as a will", () => {
    const { connect, control } = createHouse();
    const others = connect("others");
    others.send(subscribe(TOPIC));
    connect("asker", { will: { topic: TOPIC, payload: Buffer.from("x"), qos: 0, retain: false } }).drop();
    expect(control).toEqual([]);
    expect(texts(others.take())).toEqual([]);
  });

  it.each(["$CONTROL", "$CONTROLS/a"])("%s is an ordinary topic", (topic) => {
    const { connect, control } = createHouse();
    const reader = connect("reader");
    reader.send(subscribe(topic));
    connect("asker").send(publish(topic, "x"));
    expect(control).toEqual([]);
    expect(texts(reader.take())).toEqual([`${topic}=x`]);
  });
});

describe("an answer for one client", () => {
  it("reaches that client, if it subscribed and may receive it", () => {
    const { connect, engine, rules } = createHouse();
    const [asker, other] = [connect("asker"), connect("other")];
    for (const client of [asker, other]) client.send(subscribe(`${TOPIC}/response`));
    engine.publishTo("asker", own(`${TOPIC}/response`, "for you"));
    engine.publishTo("asker", own("$CONTROL/elsewhere", "not subscribed"));
    expect(texts(asker.take())).toEqual([`${TOPIC}/response=for you`]);
    expect(texts(other.take())).toEqual([]);
    rules.add(`receive ${TOPIC}/response`);
    engine.rightsChanged(() => false);
    engine.publishTo("asker", own(`${TOPIC}/response`, "forbidden"));
    expect(texts(asker.take())).toEqual([]);
  });
});
