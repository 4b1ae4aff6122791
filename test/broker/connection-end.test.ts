import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { allow, deny } from "../../src/core/reasons.ts";
import { connectPacket, encode, goodbye, login, publish, startBroker, subscribe, wire } from "./wire.ts";

describe("what is not MQTT", () => {
  test("TLS on a plain port is named and closed", async () => {
    const { port, events } = await startBroker();
    const client = await wire(port);
    client.send("160301020001000");
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([
      {
        kind: "refused",
        client: { clientId: "", address: "127.0.0.1" },
        reason: {
          kind: "tls_on_plain",
          sentence: "speaks TLS on port 1883",
          hint: "Use 8883, or switch TLS off in the device.",
        },
      },
    ]);
  });

  test.each(["GET / HTTP/1.1\r\n\r\n", "POST /x HTTP/1.1\r\n\r\n"])(
    "%j is answered with one line of help",
    async (text) => {
      const { port, events } = await startBroker();
      const client = await wire(port);
      client.send(Buffer.from(text));
      const answer = Buffer.from(await client.end(), "hex").toString();
      expect(answer.split("\r\n")[0]).toBe("HTTP/1.1 400 Bad Request");
      expect(answer.split("\r\n\r\n")[1]).toBe(
        "This port speaks MQTT, not HTTP. Point an MQTT client here, or use the WebSocket port from a web page.\n",
      );
      expect(events).toMatchObject([
        {
          kind: "refused",
          reason: {
            kind: "http_on_mqtt",
            sentence: "speaks HTTP (a web browser?) on port 1883",
            hint: "That port takes MQTT only.",
          },
        },
      ]);
    },
  );

  test.each([
    ["noise", "ffffffff", "sent something that is not MQTT"],
    ["a PINGREQ before the CONNECT", "c000", "sent something that is not MQTT"],
    [
      "a CONNECT with a wrong protocol name",
      "100c00044d515458040200000000",
      "sent a malformed packet: its protocol name is neither MQTT nor MQIsdp",
    ],
    ["a CONNECT with an endless length", "10ffffffffff", "sent a packet length that cannot be read"],
  ])("%s is closed", async (_name, hex, sentence) => {
    const { port, events } = await startBroker();
    const client = await wire(port);
    client.send(hex);
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "malformed", sentence } }]);
  });
});

describe("time", () => {
  test("a connection that says nothing is closed", async () => {
    const { port, events } = await startBroker({}, { connectTimeoutMs: 80 });
    const client = await wire(port);
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "silent", sentence: "said nothing" } }]);
  });

  test("a CONNECT that never ends is closed too", async () => {
    const { port, events } = await startBroker({}, { connectTimeoutMs: 80 });
    const client = await wire(port);
    client.send("100e0004");
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ reason: { kind: "silent" } }]);
  });

  test("a CONNECT that comes byte by byte gets no more time than any other", async () => {
    const { port, events } = await startBroker({}, { connectTimeoutMs: 150 });
    const client = await wire(port);
    const packet = encode(connectPacket("a client id that takes its time ".repeat(100), 4), 4);
    let at = 0;
    const drip = setInterval(() => client.send(packet.subarray(at, ++at)), 5);
    onTestFinished(() => clearInterval(drip));
    expect(await client.end()).toBe("");
    expect(at).toBeGreaterThan(1);
    expect(at).toBeLessThan(packet.length);
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "silent", sentence: "said nothing" } }]);
  });

  test("one and a half times the keep alive without a packet is the end", async () => {
    const { port, events } = await startBroker();
    const client = await login(port, "dev", { version: 5, keepalive: 1 });
    expect(await client.end()).toBe(goodbye(0x8d, "no sign of life for 2 s"));
    expect(events.at(-1)).toMatchObject({
      kind: "disconnected",
      reason: { kind: "keepalive", sentence: "no sign of life for 2 s" },
    });
  });

  test("packets that are refused are signs of life as well", async () => {
    const { port, events } = await startBroker({ may: () => false });
    const client = await login(port, "dev", { keepalive: 1 });
    const startedAt = Date.now();
    await vi.waitFor(
      () => {
        client.send(publish("t"));
        expect(Date.now() - startedAt).toBeGreaterThan(2_600);
      },
      { timeout: 5_000, interval: 200 },
    );
    expect(events.filter(({ kind }) => kind === "disconnected")).toEqual([]);
  });
});

describe("size", () => {
  test("a packet over the limit is not waited for", async () => {
    const { port, events } = await startBroker({ limits: { maxPacketSize: 100 } });
    const client = await login(port, "cam", { version: 5 });
    client.send("30e807");
    const sentence = "sent a message of 1 kB; the limit is 100 bytes (max_packet_size)";
    expect(await client.end()).toBe(goodbye(0x95, sentence));
    expect(events.at(-1)).toMatchObject({ kind: "disconnected", reason: { kind: "oversize", sentence } });
  });

  test("before the login as well", async () => {
    const { port, events } = await startBroker({ limits: { maxPacketSize: 100 } });
    const client = await wire(port);
    client.send("10ffff7f");
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([
      {
        kind: "refused",
        reason: { kind: "oversize", sentence: "sent a message of 2.1 MB; the limit is 100 bytes (max_packet_size)" },
      },
    ]);
  });

  test.each([
    ["a CONNECT", "10 a1 8d 06", "sent a packet of 0.1 MB that holds no message; the limit is 0.1 MB"],
    [
      "a CONNECT as large as MQTT has room for",
      "10 ff ff ff 7f",
      "sent a packet of 268.4 MB that holds no message; the limit is 0.1 MB",
    ],
  ])("nobody who is not logged in makes us wait for %s above 100,000 bytes", async (_name, hex, sentence) => {
    const { port, events } = await startBroker({ limits: { maxPacketSize: 16_000_000 } });
    const client = await wire(port);
    client.send(hex);
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "oversize", sentence } }]);
  });

  test("what is no CONNECT is turned away by its first byte", async () => {
    const { port, events } = await startBroker();
    const client = await wire(port);
    client.send("30");
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ reason: { kind: "malformed", sentence: "sent something that is not MQTT" } }]);
  });

  test("a CONNECT of 100,000 bytes is read", async () => {
    const { port } = await startBroker({ limits: { maxPacketSize: 16_000_000 } });
    const password = Buffer.alloc(60_000, 97);
    const will = { topic: "w", payload: Buffer.alloc(0), qos: 0, retain: false } as const;
    const bare = encode(connectPacket("dev", 4, { will, username: "u", password }), 4).length;
    const full = { ...will, payload: Buffer.alloc(100_000 - bare, 97) };
    const client = await login(port, "dev", { will: full, username: "u", password });
    client.send("c000");
    await expect(client).toReceive("d000");
  });

  test.each([
    ["SUBSCRIBE", 0x82, 100_000],
    ["UNSUBSCRIBE", 0xa2, 100_000],
    ["AUTH", 0xf0, 100_000],
    ["PUBACK", 0x40, 10_000],
    ["PUBREC", 0x50, 10_000],
    ["PUBREL", 0x62, 10_000],
    ["PUBCOMP", 0x70, 10_000],
    ["PINGREQ", 0xc0, 10_000],
    ["DISCONNECT", 0xe0, 10_000],
    ["a packet of type 0", 0x00, 10_000],
  ])("%s is judged by its length before it is waited for", async (_name, first, limit) => {
    const { port, events } = await startBroker({ limits: { maxPacketSize: 16_000_000 } });
    const client = await login(port, "dev", { version: 5 });
    const remaining = limit + 900;
    client.send(Buffer.from([first, (remaining & 0x7f) | 0x80, ((remaining >> 7) & 0x7f) | 0x80, remaining >> 14]));
    const [is, may] = limit === 100_000 ? ["0.1 MB", "0.1 MB"] : ["10.9 kB", "10 kB"];
    const sentence = `sent a packet of ${is} that holds no message; the limit is ${may}`;
    expect(await client.end()).toBe(goodbye(0x95, sentence));
    expect(events.at(-1)).toMatchObject({ kind: "disconnected", reason: { kind: "oversize", sentence } });
  });

  test("the limit of the moment counts, also for a client that is there", async () => {
    const broker = await startBroker({ limits: { maxPacketSize: 100 } });
    const client = await login(broker.port, "cam");
    broker.use({ limits: { maxPacketSize: 1_000 } });
    client.send(publish("t", "x".repeat(200), { qos: 1, messageId: 1 }));
    await expect(client).toReceive("40020001");
  });
});

describe("packets that have no place", () => {
  test.each([
    ["a second CONNECT", "101000044d5154540502000000000361 6263", 0x82, "broke the protocol: a second CONNECT"],
    [
      "AUTH",
      "f000",
      0x82,
      "broke the protocol: an AUTH packet on a connection that began without authentication method",
    ],
    ["a CONNACK", "20020000", 0x82, "broke the protocol: this packet type is never sent by a client"],
    ["QoS 3", "3607000161000100 78", 0x81, "sent a malformed packet: QoS 3 does not exist"],
    ["wrong flags", "c100", 0x81, "sent a malformed packet: reserved bits in its first byte are set"],
    ["a wildcard topic", "30040001 2300", 0x90, "published to a topic that holds a wildcard"],
    ["a PUBREL without an id", "6200", 0x81, "sent a malformed packet: it ends too early"],
  ])("%s ends the connection with a reason", async (_name, hex, code, sentence) => {
    const { port, events } = await startBroker();
    const other = await login(port, "other");
    const client = await login(port, "dev", { version: 5 });
    client.send(hex);
    expect(await client.end()).toBe(goodbye(code, sentence));
    expect(events.filter(({ kind }) => kind === "disconnected")).toMatchObject([{ reason: { sentence } }]);
    other.send("c000");
    await expect(other).toReceive("d000");
  });

  test("a wrong filter is refused by its own code and the client may go on", async () => {
    const { port } = await startBroker();
    const client = await login(port, "dev", { version: 5 });
    client.send("8208000100000261 2300");
    await expect(client).toReceive("90040001008f");
    client.send("c000");
    await expect(client).toReceive("d000");
  });

  test("before MQTT 5, which has no code for it, a wrong filter ends the connection", async () => {
    const { port, events } = await startBroker();
    const client = await login(port, "dev");
    client.send("820700010002612300");
    expect(await client.end()).toBe("");
    expect(events.at(-1)).toMatchObject({ reason: { sentence: "sent a topic filter that is not valid" } });
  });
});

describe("stop", () => {
  test("every client of MQTT 5 hears 0x8B, all are closed, nobody comes in any more", async () => {
    const { port, broker, events } = await startBroker({
      authenticate: (credentials) =>
        credentials.clientId === "pending"
          ? new Promise(() => undefined)
          : allow("t", { ...credentials, superuser: false, source: "t", proof: null }),
    });
    const five = await login(port, "five", { version: 5 });
    const four = await login(port, "four");
    const pending = await wire(port);
    pending.send(connectPacket("pending", 4));
    const silent = await wire(port);
    await broker.stop();
    expect(await five.end()).toBe(goodbye(0x8b, "the broker stops"));
    expect(await four.end()).toBe("");
    // Server unavailable: try again.
    expect(await pending.end()).toBe("20020003");
    expect(await silent.end()).toBe("");
    expect(broker.sessions()).toEqual([]);
    expect(events.filter(({ kind }) => kind === "disconnected")).toMatchObject([
      { client: { clientId: "five" }, reason: { kind: "shutting_down", sentence: "the broker stops" } },
      { client: { clientId: "four" }, reason: { kind: "shutting_down" } },
    ]);
    const late = connect({ port, host: "127.0.0.1" });
    await new Promise<void>((resolve) => late.once("close", () => resolve()).once("error", () => undefined));
  });

  test("a client that does not read does not hold it up", async () => {
    const { port, broker } = await startBroker();
    const frozen = await login(port, "frozen");
    frozen.send(subscribe(["t"]));
    await expect(frozen).toReceive("9003000100");
    frozen.socket.pause();
    for (let n = 0; n < 40; n++) broker.publish({ topic: "t", payload: Buffer.alloc(200_000), qos: 0, retain: false });
    const startedAt = Date.now();
    await broker.stop();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});

describe("a recheck after a change", () => {
  test("closes whom the moment no longer admits, and nobody else", async () => {
    const broker = await startBroker();
    const gone = await login(broker.port, "gone", { version: 5, username: "gone" });
    const gone4 = await login(broker.port, "gone4", { username: "gone" });
    const stays = await login(broker.port, "stays", { version: 5, username: "stays" });
    const reason = { kind: "unknown_user", sentence: "nobody is called gone here" } as const;
    const result = broker.use({
      recheck: ({ username }) => (username === "gone" ? deny("logins", reason) : allow("logins", undefined)),
    });
    expect(result).toEqual({ checked: 3, closed: 2 });
    expect(await gone.end()).toBe("e00198");
    expect(await gone4.end()).toBe("");
    stays.send("c000");
    await expect(stays).toReceive("d000");
    expect(broker.events.filter(({ kind }) => kind === "disconnected")).toMatchObject([
      { client: { clientId: "gone" }, reason },
      { client: { clientId: "gone4" }, reason },
    ]);
  });

  test("new rules count from the next packet on", async () => {
    const broker = await startBroker({ may: () => false });
    const client = await login(broker.port, "c", { version: 5 });
    client.send(publish("t", "x", { qos: 1, messageId: 1 }));
    await expect(client).toReceive("4003000187");
    broker.use({});
    client.send(publish("t", "x", { qos: 1, messageId: 2 }));
    await expect(client).toReceive("4003000210");
    broker.use({ may: () => false });
    client.send(publish("t", "x", { qos: 1, messageId: 3 }));
    await expect(client).toReceive("4003000387");
  });
});

describe("session take-over", () => {
  test.each([
    [5, goodbye(0x8e, "replaced by a new connection from 127.0.0.1")],
    [4, ""],
  ] as const)("a version %i client is replaced by the newer one", async (version, last) => {
    const { port, events, broker } = await startBroker();
    const older = await login(port, "dev", { version });
    const newer = await login(port, "dev", { version });
    expect(await older.end()).toBe(last);
    newer.send("c000");
    await expect(newer).toReceive("d000");
    expect(broker.sessions()).toHaveLength(1);
    expect(events.filter(({ kind }) => kind === "disconnected")).toMatchObject([
      { reason: { kind: "taken_over", sentence: "replaced by a new connection from 127.0.0.1" } },
    ]);
  });

  test("a client that comes back at once, many times, is there in the end", async () => {
    const { port, broker } = await startBroker();
    for (let n = 0; n < 20; n++) {
      const client = await login(port, "dev", { version: 5 });
      client.send(subscribe(["t"]));
      client.socket.destroy();
    }
    const last = await login(port, "dev", { version: 5 });
    last.send(subscribe(["t"]));
    await last.readBytes(6);
    await vi.waitFor(() => expect(broker.sessions()).toHaveLength(1));
    broker.publish({ topic: "t", payload: "x", qos: 0, retain: false });
    await expect(last).toReceive("30050001740078");
    const next = await login(port, "dev", { version: 5 });
    expect(await last.end()).toBe(goodbye(0x8e, "replaced by a new connection from 127.0.0.1"));
    next.send("c000");
    await expect(next).toReceive("d000");
  });
});

test("a connection that breaks is told from a goodbye", async () => {
  const { port, events } = await startBroker();
  const client = await login(port, "dev");
  client.socket.destroy();
  await vi.waitFor(() =>
    expect(events.at(-1)).toMatchObject({
      kind: "disconnected",
      reason: { kind: "ok", sentence: "connection closed by the client" },
    }),
  );
});
