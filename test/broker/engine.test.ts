import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/broker/sessions/limits.ts";
import { createHouse } from "./engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "./packets-of.ts";

describe("delivery", () => {
  const versions = [3, 4, 5] as const;
  for (const from of versions) {
    for (const to of versions) {
      it(`carries QoS 0, 1 and 2 from version ${from} to version ${to}`, () => {
        const { connect } = createHouse();
        const subscriber = connect("sub", { version: to });
        const publisher = connect("pub", { version: from });
        subscriber.send(subscribe("home/#", 2));
        publisher.send(publish("home/a", "0"), publish("home/b", "ü", { qos: 1 }), publish("home/c", "2", { qos: 2 }));
        const received = publishes(subscriber.take());
        expect(received.map(({ topic, payload, qos }) => [topic, payload.toString(), qos])).toEqual([
          ["home/a", "0", 0],
          ["home/b", "ü", 1],
          ["home/c", "2", 2],
        ]);
        expect(publisher.take().map(({ cmd }) => cmd)).toEqual(["puback", "pubrec"]);
      });
    }
  }

  it("forwards side by side messages of one topic in their order, with other topics between them", () => {
    const { connect } = createHouse();
    const old = connect("old", { version: 4 });
    const modern = connect("modern", { version: 5 });
    for (const client of [old, modern]) client.send(subscribe("a"), subscribe("b"));
    connect("pub", { version: 4 }).send(
      publish("a", "1"),
      publish("a", "2"),
      publish("b", "3"),
      publish("a", "4"),
      publish("a", "5", { retain: true }),
      publish("a", "6"),
    );
    const expected = ["a=1", "a=2", "b=3", "a=4", "a=5", "a=6"];
    expect(texts(old.take())).toEqual(expected);
    expect(texts(modern.take())).toEqual(expected);
  });

  it("writes side by side messages of one topic to a subscriber of the same version as one piece", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub");
    subscriber.send(subscribe("a"));
    subscriber.raw.length = 0;
    connect("pub").send(publish("a", "1"), publish("a", "2"), publish("a", "3"));
    expect(subscriber.raw).toHaveLength(1);
  });

  it("tells a publisher of MQTT 5 that nobody subscribed", () => {
    const { connect } = createHouse();
    const publisher = connect("pub", { version: 5 });
    publisher.send(publish("nobody", "x", { qos: 1 }), publish("nobody", "x", { qos: 2, messageId: 2 }));
    expect(publisher.take()).toMatchObject([
      { cmd: "puback", reasonCode: 0x10 },
      { cmd: "pubrec", reasonCode: 0x10 },
    ]);
  });

  it("keeps user properties in their order, names repeated", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub", { version: 5 });
    subscriber.send(subscribe("a", 1));
    subscriber.raw.length = 0;
    const section = Buffer.from("260001620001312600016100013226000162000133", "hex");
    const body = Buffer.concat([Buffer.from([0, 1, 0x61, 0, 9, section.length]), section, Buffer.from("x")]);
    connect("pub", { version: 5 }).sendBytes(Buffer.concat([Buffer.from([0x32, body.length]), body]));
    expect(Buffer.concat(subscriber.raw).includes(section)).toBe(true);
  });

  it("gives a message with several matching filters once, with the highest QoS and every identifier", () => {
    const { connect } = createHouse();
    const subscriber = connect("ha", { version: 5 });
    subscriber.send(
      subscribe("ov/a", 0, {}, { subscriptionIdentifier: 1 }),
      subscribe("ov/#", 1, {}, { subscriptionIdentifier: 300 }),
      subscribe("+/a", 0),
    );
    subscriber.take();
    connect("pub").send(publish("ov/a", "x", { qos: 2 }));
    connect("other").send(publish("ov/a", "y"));
    expect(publishes(subscriber.take())).toMatchObject([
      { qos: 1, properties: { subscriptionIdentifier: [1, 300] } },
      { qos: 0, properties: { subscriptionIdentifier: [1, 300] } },
    ]);
  });

  it("leaves out a client's own messages with no-local, and only from those subscriptions", () => {
    const { connect } = createHouse();
    const client = connect("c", { version: 5 });
    const other = connect("o", { version: 5 });
    client.send(subscribe("nl/#", 0, { nl: true }), subscribe("both/#", 0, { nl: true }), subscribe("both/a", 1));
    client.take();
    client.send(publish("nl/a", "own"), publish("both/a", "own", { qos: 1 }));
    other.send(publish("nl/a", "other"));
    expect(texts(client.take())).toEqual(["both/a=own", "nl/a=other"]);
  });

  it("keeps the RETAIN flag of a live message for retain-as-published only", () => {
    const { connect } = createHouse();
    const plain = connect("plain", { version: 5 });
    const asPublished = connect("rap", { version: 5 });
    const bridge = connect("bridge", { version: 4, isBridge: true });
    plain.send(subscribe("r"));
    asPublished.send(subscribe("r", 0, { rap: true }));
    bridge.send(subscribe("r"));
    connect("pub").send(publish("r", "x", { retain: true }));
    expect([plain, asPublished, bridge].map((client) => publishes(client.take())[0]?.retain)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("does not match a $-topic with a leading wildcard", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub");
    subscriber.send(subscribe("#"), subscribe("+/b"), subscribe("$foo/#"));
    connect("pub").send(publish("$foo/b", "x"));
    expect(texts(subscriber.take())).toEqual(["$foo/b=x"]);
  });

  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    it(`treats ${name} as a client id, topic and filter like any other (B1)`, () => {
      const { connect } = createHouse();
      const client = connect(name);
      client.send(subscribe(name), subscribe(`${name}/#`));
      client.send(publish(name, "1"), publish(`${name}/x`, "2"));
      expect(texts(client.take())).toEqual([`${name}=1`, `${name}/x=2`]);
    });
  }
});

describe("a subscriber that does not read (B2)", () => {
  it("loses QoS 0 above its limit, holds nobody up, and is counted", () => {
    const { connect, engine } = createHouse({ maxUnsentBytes: 1000 });
    const frozen = connect("frozen");
    const busy = connect("busy");
    for (const client of [frozen, busy]) client.send(subscribe("#"));
    frozen.setUnsent(1001);
    const publisher = connect("pub");
    for (let index = 0; index < 10; index++) publisher.send(publish("t", String(index)));
    expect(texts(busy.take())).toHaveLength(10);
    expect(texts(frozen.take())).toHaveLength(0);
    expect(engine.counters.droppedUnsent).toBe(10);
  });

  it("gets QoS 1 when it reads again, in order", () => {
    const { connect } = createHouse();
    const slow = connect("slow");
    slow.send(subscribe("#", 1));
    slow.take();
    slow.setUnsent(10_000_000);
    const publisher = connect("pub");
    for (let index = 0; index < 5; index++) publisher.send(publish("t", String(index), { qos: 1 }));
    expect(texts(slow.take())).toEqual([]);
    slow.setUnsent(0);
    expect(texts(slow.take())).toEqual(["t=0", "t=1", "t=2", "t=3", "t=4"]);
  });
});

describe("acknowledgements of the publisher", () => {
  it("delivers QoS 2 once, however often it is repeated", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub");
    subscriber.send(subscribe("q", 0));
    subscriber.take();
    const publisher = connect("pub", { version: 5 });
    const message = publish("q", "x", { qos: 2, messageId: 7 });
    publisher.send(message, { ...message, dup: true }, ack("pubrel", 7), ack("pubrel", 7));
    expect(texts(subscriber.take())).toEqual(["q=x"]);
    expect(publisher.take()).toMatchObject([
      { cmd: "pubrec", messageId: 7 },
      { cmd: "pubrec", messageId: 7 },
      { cmd: "pubcomp", messageId: 7 },
      { cmd: "pubcomp", messageId: 7, reasonCode: 0x92 },
    ]);
    publisher.send(message);
    expect(texts(subscriber.take())).toEqual(["q=x"]);
  });

  it("remembers an open QoS 2 id across connections", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub");
    subscriber.send(subscribe("q", 0));
    subscriber.take();
    const first = connect("pub", { clean: false });
    first.send(publish("q", "x", { qos: 2, messageId: 7 }));
    first.drop();
    const second = connect("pub", { clean: false });
    expect(second.sessionPresent).toBe(true);
    second.send(publish("q", "x", { qos: 2, messageId: 7, dup: true }), ack("pubrel", 7));
    expect(texts(subscriber.take())).toEqual(["q=x"]);
    expect(second.take().map(({ cmd }) => cmd)).toEqual(["pubrec", "pubcomp"]);
  });

  it("answers an unknown PUBREC with PUBREL 0x92", () => {
    const { connect } = createHouse();
    const client = connect("c", { version: 5 });
    client.send(ack("pubrec", 9));
    expect(client.take()).toMatchObject([{ cmd: "pubrel", messageId: 9, reasonCode: 0x92 }]);
    expect(client.closed()).toBeNull();
  });

  it("closes a client that exceeds the receive maximum", () => {
    const { connect } = createHouse({ receiveMaximum: 2 });
    const client = connect("c", { version: 5 });
    for (const messageId of [1, 2]) client.send(publish("a", "x", { qos: 2, messageId }));
    client.send(ack("pubrel", 1), publish("a", "x", { qos: 2, messageId: 3 }));
    expect(client.closed()).toBeNull();
    client.send(publish("a", "x", { qos: 2, messageId: 4 }));
    expect(client.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
    expect(client.closed()).toEqual({
      kind: "protocol_error",
      sentence: "sent more unacknowledged messages than the receive maximum",
    });
  });

  it("bounds the open QoS 2 handshakes of older versions too", () => {
    const { connect } = createHouse({ maxInboundQos2: 2 });
    const client = connect("c", { version: 4 });
    for (const messageId of [1, 2]) client.send(publish("a", "x", { qos: 2, messageId }));
    expect(client.closed()).toBeNull();
    client.send(publish("a", "x", { qos: 2, messageId: 3 }));
    expect(client.closed()).not.toBeNull();
  });
});

describe("permissions", () => {
  it("acknowledges and drops a message the rules refuse, with 0x87 for MQTT 5", () => {
    const { connect, rules, events, engine } = createHouse();
    rules.add("publish secret");
    const subscriber = connect("sub");
    subscriber.send(subscribe("#", 2));
    subscriber.take();
    for (const version of [4, 5] as const) {
      const publisher = connect("pub", { version });
      publisher.send(
        publish("secret", "0"),
        publish("secret", "1", { qos: 1 }),
        publish("secret", "2", { qos: 2, messageId: 2 }),
      );
      const expected = version === 5 ? { reasonCode: 0x87 } : {};
      expect(publisher.take()).toMatchObject([
        { cmd: "puback", messageId: 1, ...expected },
        { cmd: "pubrec", messageId: 2, ...expected },
      ]);
      expect(publisher.closed()).toBeNull();
    }
    expect(texts(subscriber.take())).toEqual([]);
    expect(engine.counters.publishDenied).toBe(6);
    expect(events.filter(({ kind }) => kind === "denied")).toHaveLength(6);
  });

  it("refuses one filter of several and stores nothing of it (B4)", () => {
    const { connect, rules } = createHouse();
    rules.add("subscribe secret");
    const client = connect("c", { clean: false });
    client.send({
      cmd: "subscribe",
      messageId: 3,
      subscriptions: [
        { topic: "secret", qos: 1 },
        { topic: "open", qos: 1 },
      ],
    });
    expect(client.take()).toMatchObject([{ cmd: "suback", messageId: 3, granted: [0x80, 1] }]);
    client.drop();
    connect("pub").send(publish("secret", "x", { qos: 1 }), publish("open", "y", { qos: 1 }));
    expect(texts(connect("c", { clean: false }).take())).toEqual(["open=y"]);
  });

  it.each([
    [3, 1],
    [4, 0x80],
    [5, 0x87],
  ] as const)("answers a refused filter as version %i knows it", (version, code) => {
    const { connect, rules } = createHouse();
    rules.add("subscribe secret");
    const client = connect("c", { version });
    client.send(subscribe("secret", 1));
    expect(client.take()).toMatchObject([{ cmd: "suback", granted: [code] }]);
  });

  it("delivers nothing that may not be received: live, retained, queued", () => {
    const { connect, rules } = createHouse();
    rules.add("receive secret");
    const client = connect("c", { clean: false });
    client.send(subscribe("#", 1));
    const publisher = connect("pub");
    publisher.send(publish("secret", "live", { qos: 1 }), publish("open", "live", { qos: 0 }));
    client.drop();
    publisher.send(publish("secret", "queued", { qos: 1 }), publish("open", "queued", { qos: 1 }));
    expect(texts(client.take())).toEqual(["open=live"]);
    expect(texts(connect("c", { clean: false }).take())).toEqual(["open=queued"]);
  });

  it("applies changed rules to live subscriptions, and to what is queued", () => {
    const { connect, rules, engine } = createHouse();
    const live = connect("live");
    const away = connect("away", { clean: false });
    live.send(subscribe("a"));
    away.send(subscribe("a", 1));
    away.drop();
    const publisher = connect("pub");
    publisher.send(publish("a", "before", { qos: 1 }));
    rules.add("receive a");
    engine.recheck(DEFAULT_LIMITS);
    publisher.send(publish("a", "forbidden"));
    expect(texts(live.take())).toEqual(["a=before"]);
    expect(texts(connect("away", { clean: false }).take())).toEqual([]);
    rules.delete("receive a");
    engine.recheck(DEFAULT_LIMITS);
    publisher.send(publish("a", "after"));
    expect(texts(live.take())).toEqual(["a=after"]);
  });

  it("silences a subscription that is no longer allowed, and revives it when it is again", () => {
    const { connect, rules, engine } = createHouse();
    const client = connect("c");
    client.send(subscribe("a"));
    const publisher = connect("pub");
    rules.add("subscribe a");
    engine.recheck(DEFAULT_LIMITS);
    publisher.send(publish("a", "1"));
    rules.delete("subscribe a");
    engine.recheck(DEFAULT_LIMITS);
    publisher.send(publish("a", "2"));
    expect(texts(client.take())).toEqual(["a=2"]);
  });
});

describe("faults of a client", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["QoS 3", "36 05 0001 61 0001", 0x81],
    ["DUP on QoS 0", "38 03 0001 61", 0x81],
    ["packet id 0 in PUBLISH", "32 06 0001 61 0000 00", 0x82],
    ["wildcard in PUBLISH", "30 05 0002 612b 00", 0x90],
    ["U+0000 in a topic", "30 05 0002 6100 00", 0x81],
    ["invalid UTF-8 in a topic", "30 05 0002 61ff 00", 0x81],
    ["a surrogate in a topic", "30 06 0003 eda080 00", 0x81],
    ["no topic and no alias", "30 03 0000 00", 0x82],
    ["topic alias 0", "30 06 0000 03 230000", 0x94],
    ["topic alias above the maximum", "30 06 0000 03 23000b", 0x94],
    ["topic alias that was not set", "30 06 0000 03 230003", 0x82],
    ["subscription identifier in PUBLISH", "30 06 0001 61 02 0b01", 0x82],
    ["a property that does not belong", "30 09 0001 61 05 1100000001", 0x81],
    ["a repeated property", "30 08 0001 61 04 01000100", 0x82],
    ["wildcard in the response topic", "30 08 0001 61 04 08000123", 0x82],
    ["topic longer than the packet", "30 03 0009 61", 0x81],
    ["flags of PUBACK", "41 02 0001", 0x81],
    ["flags of PUBREL", "60 02 0001", 0x81],
    ["packet id 0 in PUBACK", "40 02 0000", 0x82],
    ["reason code that PUBREL has not", "62 03 0001 87", 0x81],
    ["flags of SUBSCRIBE", "80 07 0001 00 0001 61 00", 0x81],
    ["packet id 0 in SUBSCRIBE", "82 07 0000 00 0001 61 00", 0x82],
    ["SUBSCRIBE without filters", "82 03 0001 00", 0x82],
    ["QoS 3 in SUBSCRIBE", "82 07 0001 00 0001 61 03", 0x81],
    ["reserved subscription options", "82 07 0001 00 0001 61 40", 0x81],
    ["retain handling 3", "82 07 0001 00 0001 61 30", 0x82],
    ["no-local on a shared subscription", "82 10 0001 00 000a 2473686172652f672f61 04", 0x82],
    ["UNSUBSCRIBE without filters", "a2 03 0001 00", 0x82],
    ["flags of PINGREQ", "c1 00", 0x81],
    ["a second CONNECT", "10 0d 0004 4d515454 05 02 0000 00 0000", 0x82],
    ["a packet only servers send", "d0 00", 0x82],
    ["packet type 0", "00 00", 0x82],
    ["AUTH without authentication", "f0 00", 0x82],
    ["session expiry raised at the end", "e0 07 00 05 1100000005", 0x82],
    ["unknown reason in DISCONNECT", "e0 01 42", 0x81],
  ];
  it.each(cases)("%s: DISCONNECT with the reason, nobody else notices", (_name, hex, code) => {
    const { connect } = createHouse();
    const other = connect("other");
    const client = connect("c", { version: 5 });
    client.sendBytes(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    expect(client.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: code });
    expect(client.closed()).not.toBeNull();
    expect(other.closed()).toBeNull();
    expect(other.take()).toEqual([]);
  });

  it.each(["a#", "+a", "a/#/b", "a+/b", "$share//a", "$share/g", "$share/g+/a", "$share/g/"])(
    "filter %s: 0x8F in SUBACK and UNSUBACK for MQTT 5, SUBSCRIBE closes before",
    (filter) => {
      const { connect } = createHouse();
      const modern = connect("modern", { version: 5 });
      modern.send(subscribe(filter, 1), { cmd: "unsubscribe", messageId: 2, unsubscriptions: [filter, "a"] });
      expect(modern.take()).toMatchObject([
        { cmd: "suback", granted: [0x8f] },
        { cmd: "unsuback", granted: [0x8f, 0x11] },
      ]);
      const old = connect("old");
      old.send(subscribe(filter, 1));
      expect(old.closed()).toMatchObject({ sentence: "sent a topic filter that is not valid" });
    },
  );

  it("says what the broker does not offer", () => {
    const { connect } = createHouse({
      maximumQos: 1,
      retainAvailable: false,
      wildcardAvailable: false,
      sharedAvailable: false,
    });
    const client = connect("c", { version: 5 });
    client.send(subscribe("a/#", 1), subscribe("$share/g/a", 1), subscribe("a", 2));
    expect(client.take()).toMatchObject([{ granted: [0xa2] }, { granted: [0x9e] }, { granted: [1] }]);
    client.send(publish("a", "x", { retain: true }));
    expect(client.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x9a });
    const second = connect("c", { version: 5 });
    second.send(publish("a", "x", { qos: 2 }));
    expect(second.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x9b });
  });
});

describe("topic aliases", () => {
  it("resolves an alias of the client, and lets it be set anew", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub");
    subscriber.send(subscribe("#"));
    const publisher = connect("pub", { version: 5 });
    publisher.send(
      publish("a", "1", { properties: { topicAlias: 3 } }),
      publish("", "2", { properties: { topicAlias: 3 } }),
      publish("b", "3", { properties: { topicAlias: 3 } }),
      publish("", "4", { properties: { topicAlias: 3 } }),
    );
    expect(texts(subscriber.take())).toEqual(["a=1", "a=2", "b=3", "b=4"]);
  });

  it("uses aliases towards a client that takes them, as many as it takes", () => {
    const { connect } = createHouse();
    const subscriber = connect("sub", { version: 5, properties: { topicAliasMaximum: 1 } });
    subscriber.send(subscribe("#", 1));
    subscriber.take();
    const publisher = connect("pub");
    publisher.send(publish("a", "1", { qos: 1 }), publish("a", "2", { qos: 1 }), publish("b", "3", { qos: 1 }));
    expect(publishes(subscriber.take())).toMatchObject([
      { topic: "a", properties: { topicAlias: 1 } },
      { topic: "", properties: { topicAlias: 1 } },
      { topic: "b" },
    ]);
  });

  it("gives a QoS 0 message its alias too, however many came in one piece", () => {
    const { connect } = createHouse();
    const properties = { topicAliasMaximum: 1, maximumPacketSize: 30 };
    const subscriber = connect("sub", { version: 5, properties });
    const plain = connect("plain", { version: 5 });
    for (const client of [subscriber, plain]) {
      client.send(subscribe("#"));
      client.take();
    }
    const publisher = connect("pub");
    // what is too large for the client sets no alias
    publisher.send(publish("a", "x".repeat(30)), publish("a", "1"), publish("a", "2"), publish("b", "3"));
    publisher.send(publish("a", "4"));
    expect(publishes(subscriber.take())).toMatchObject([
      { topic: "a", payload: Buffer.from("1"), properties: { topicAlias: 1 } },
      { topic: "", payload: Buffer.from("2"), properties: { topicAlias: 1 } },
      { topic: "b", payload: Buffer.from("3") },
      { topic: "", payload: Buffer.from("4"), properties: { topicAlias: 1 } },
    ]);
    expect(texts(plain.take()).slice(1)).toEqual(["a=1", "a=2", "b=3", "a=4"]);
  });

  it("remembers no more of them for a client than its listener says, whatever it takes", () => {
    const { connect } = createHouse({ topicAliasMaximumOut: 3 });
    const subscriber = connect("sub", { version: 5, properties: { topicAliasMaximum: 65_535 } });
    subscriber.send(subscribe("#"));
    subscriber.take();
    const publisher = connect("pub");
    for (let index = 0; index <= 3; index++) publisher.send(publish(`t/${index}`, "x"));
    const aliases = publishes(subscriber.take()).map(({ properties }) => properties?.topicAlias);
    expect(aliases.slice(-2)).toEqual([3, undefined]);
  });
});

describe("a packet identifier that is in use", () => {
  it.each([
    [5, [{ cmd: "pubrec" }, { cmd: "puback", reasonCode: 0x91 }]],
    [4, [{ cmd: "pubrec" }, { cmd: "puback" }]],
  ] as const)("by an open QoS 2 handshake is told to version %i", (version, answers) => {
    const { connect } = createHouse();
    const client = connect("c", { version });
    client.send(publish("t", "x", { qos: 2, messageId: 7 }), publish("t", "y", { qos: 1, messageId: 7 }));
    expect(client.take()).toMatchObject(answers);
  });
});

it("hands nothing that has expired over to another member of a shared subscription", () => {
  const { connect, engine, passTime } = createHouse();
  const away = { version: 5, clean: false, properties: { sessionExpiryInterval: 100 } } as const;
  const member = connect("member", away);
  member.send(subscribe("$share/g/t", 1));
  member.drop();
  const publisher = connect("pub", { version: 5 });
  publisher.send(publish("t", "stale", { qos: 1, properties: { messageExpiryInterval: 10 } }));
  const heir = connect("heir");
  heir.send(subscribe("$share/g/t", 1));
  heir.take();
  passTime(200_000);
  expect(engine.sessions.has("member")).toBe(false);
  expect(texts(heir.take())).toEqual([]);
  expect(engine.counters.droppedExpired).toBe(1);
});
