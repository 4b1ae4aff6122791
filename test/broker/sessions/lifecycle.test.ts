import { describe, expect, it } from "vitest";
import { createHouse, START_MS } from "../engine-house.ts";
import { publish, publishes, subscribe, texts } from "../packets-of.ts";

const lasting = (seconds: number) =>
  ({ version: 5, clean: false, properties: { sessionExpiryInterval: seconds } }) as const;
const will = (more: object = {}) =>
  ({ topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false, ...more }) as const;

describe("sessions", () => {
  it.each([3, 4, 5] as const)("of version %i are present without subscriptions too", (version) => {
    const { connect } = createHouse();
    const options = version === 5 ? lasting(10) : ({ version, clean: false } as const);
    expect(connect("c", options).sessionPresent).toBe(false);
    expect(connect("c", options).sessionPresent).toBe(true);
  });

  it("end with the connection when they were clean, and with a clean start", () => {
    const { connect, engine } = createHouse();
    connect("clean").drop();
    expect(engine.sessions.has("clean")).toBe(false);
    const kept = connect("kept", lasting(100));
    kept.send(subscribe("t", 1));
    kept.drop();
    connect("pub").send(publish("t", "old", { qos: 1 }));
    const fresh = connect("kept", { ...lasting(100), clean: true });
    expect(fresh.sessionPresent).toBe(false);
    connect("pub").send(publish("t", "new", { qos: 1 }));
    expect(fresh.take()).toEqual([]);
    expect(engine.counters.subscriptions).toBe(0);
  });

  it("expire in time, and not while the client is there", () => {
    const { connect, engine, passTime } = createHouse();
    const client = connect("c", lasting(3));
    passTime(60_000);
    client.drop();
    passTime(2500);
    expect(engine.sessions.has("c")).toBe(true);
    passTime(1000);
    expect(engine.sessions.has("c")).toBe(false);
    expect(engine.counters.sessionsExpired).toBe(1);
  });

  it("never expire with 0xFFFFFFFF, and are held to the configured maximum", () => {
    const house = createHouse();
    house.connect("c", lasting(0xffff_ffff)).drop();
    house.passTime(10 * 365 * 86_400_000);
    expect(house.engine.sessions.has("c")).toBe(true);
    const limited = createHouse({ maxSessionExpiryS: 5 });
    limited.connect("c", lasting(0xffff_ffff)).drop();
    limited.passTime(6000);
    expect(limited.engine.sessions.has("c")).toBe(false);
  });

  it("take a new expiry from DISCONNECT, but not from none to some", () => {
    const { connect, engine } = createHouse();
    const client = connect("c", lasting(100));
    client.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    expect(engine.sessions.has("c")).toBe(false);
    expect(client.closed()).toEqual({ kind: "ok", sentence: "said goodbye" });
    const short = connect("s", { version: 5 });
    short.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 9 } });
    expect(short.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x82 }]);
  });

  it("are taken over by a new connection, and the old one hears it", () => {
    const { connect } = createHouse();
    const old = connect("c", lasting(100));
    old.send(subscribe("t", 1));
    old.take();
    const next = connect("c", lasting(100));
    expect(next.sessionPresent).toBe(true);
    expect(old.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8e }]);
    expect(old.closed()).toEqual({
      kind: "taken_over",
      sentence: "replaced by a new connection from 192.0.2.1",
    });
    old.send(publish("t", "ghost"));
    old.drop();
    connect("pub").send(publish("t", "x", { qos: 1 }));
    expect(texts(next.take())).toEqual(["t=x"]);
    expect(texts(old.take())).toEqual([]);
  });

  it("are limited in number", () => {
    const { connect } = createHouse({ maxSessions: 1 });
    connect("a");
    expect(() => connect("b")).toThrow("no room for another session");
    expect(connect("a").sessionPresent).toBe(false);
  });

  it("can be ended by the broker", () => {
    const { connect, engine } = createHouse();
    const client = connect("c", lasting(100));
    expect(engine.endSession("c", { kind: "not_allowed", sentence: "removed by the owner" })).toBe(true);
    expect(client.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x98 }]);
    expect(engine.sessions.size).toBe(0);
    expect(engine.endSession("c", { kind: "not_allowed", sentence: "removed by the owner" })).toBe(false);
  });
});

describe("keep alive", () => {
  it("closes after one and a half times the interval without a packet", () => {
    const { connect, passTime } = createHouse();
    const client = connect("c", { version: 5, keepalive: 10 });
    passTime(14_000);
    client.send({ cmd: "pingreq" });
    expect(client.take()).toMatchObject([{ cmd: "pingresp" }]);
    passTime(14_000);
    expect(client.closed()).toBeNull();
    passTime(1500);
    expect(client.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8d }]);
    expect(client.closed()).toEqual({ kind: "keepalive", sentence: "no sign of life for 15 s" });
  });
});

describe("a login that is for a time", () => {
  it("ends with its connection, without a will, and the session waits for the next", () => {
    const { connect, passTime } = createHouse();
    const watcher = connect("w");
    watcher.send(subscribe("will", 1));
    watcher.take();
    const client = connect("c", { ...lasting(100), will: will(), expiresAtMs: START_MS + 60_000 });
    passTime(50_000);
    expect(client.closed()).toBeNull();
    passTime(11_000);
    expect(client.take()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x87 }]);
    expect(client.closed()).toEqual({
      kind: "not_allowed",
      sentence: "its login has expired",
      hint: "The device has to log in again with a new token.",
    });
    expect(texts(watcher.take())).toEqual([]);
    const next = connect("c", { ...lasting(100), clean: false, expiresAtMs: START_MS + 120_000 });
    expect(next.sessionPresent).toBe(true);
  });

  it("asks nothing of a connection that came later", () => {
    const { connect, passTime } = createHouse();
    connect("c", { ...lasting(100), expiresAtMs: START_MS + 10_000 }).drop();
    const next = connect("c", { ...lasting(100), clean: false });
    passTime(60_000);
    expect(next.closed()).toBeNull();
  });

  it("may be over before it begins", () => {
    const { connect, passTime } = createHouse();
    const client = connect("c", { version: 5, expiresAtMs: 1 });
    passTime(1000);
    expect(client.closed()).toMatchObject({ sentence: "its login has expired" });
  });
});

describe("wills", () => {
  it("are sent when the connection breaks, and by DISCONNECT 4, and not after a goodbye", () => {
    const { connect } = createHouse();
    const watcher = connect("w");
    watcher.send(subscribe("will", 1));
    watcher.take();
    connect("a", { will: will() }).drop();
    expect(texts(watcher.take())).toEqual(["will=gone"]);
    connect("b", { will: will(), version: 5 }).send({ cmd: "disconnect", reasonCode: 4 });
    expect(texts(watcher.take())).toEqual(["will=gone"]);
    connect("c", { will: will() }).send({ cmd: "disconnect" });
    expect(texts(watcher.take())).toEqual([]);
  });

  it("obey the rules of the moment they are sent", () => {
    const { connect, rules, events } = createHouse();
    const watcher = connect("w");
    watcher.send(subscribe("will", 1));
    rules.add("publish will");
    connect("a", { will: will() }).drop();
    expect(texts(watcher.take())).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: "denied", action: "publish", topic: "will" });
  });

  it("are kept when they are retained, and carry no delay property", () => {
    const { connect } = createHouse();
    const properties = { willDelayInterval: 0, messageExpiryInterval: 60, contentType: "text" };
    connect("a", { version: 5, will: will({ retain: true, properties }) }).drop();
    const watcher = connect("w", { version: 5 });
    watcher.send(subscribe("will", 1, { rh: 0 }));
    return expect
      .poll(() => publishes(watcher.packets))
      .toMatchObject([{ retain: true, properties: { messageExpiryInterval: 60, contentType: "text" } }]);
  });

  const delayed = (seconds: number) => ({ will: will({ properties: { willDelayInterval: seconds } }) });
  it.each([
    ["when the delay is over", lasting(100), 10, (house: Built) => house.passTime(10_500), true],
    ["not before the delay is over", lasting(100), 10, (house: Built) => house.passTime(9000), false],
    ["when the session ends before that", lasting(5), 10, (house: Built) => house.passTime(5500), true],
    ["at once when the session ends with the connection", { version: 5, clean: true }, 10, () => undefined, true],
    [
      "not when the client is back in time",
      lasting(100),
      10,
      (house: Built) => house.connect("c", lasting(100)),
      false,
    ],
    [
      "when it comes back with a clean start",
      lasting(100),
      10,
      (house: Built) => house.connect("c", { version: 5 }),
      true,
    ],
  ] as const)("with a delay are sent %s", (_name, options, delay, then, isSent) => {
    const house = createHouse();
    const watcher = house.connect("w");
    watcher.send(subscribe("will", 1));
    watcher.take();
    house.connect("c", { ...options, ...delayed(delay) }).drop();
    then(house);
    expect(texts(watcher.take())).toEqual(isSent ? ["will=gone"] : []);
  });

  it.each([
    [0, false, true],
    [10, false, false],
    [10, true, true],
  ])("with delay %i are sent at a take-over with clean start %s: %s", (delay, clean, isSent) => {
    const { connect } = createHouse();
    const watcher = connect("w");
    watcher.send(subscribe("will", 1));
    watcher.take();
    connect("c", { ...lasting(100), ...delayed(delay) });
    connect("c", { ...lasting(100), clean });
    expect(texts(watcher.take())).toEqual(isSent ? ["will=gone"] : []);
  });
});

type Built = ReturnType<typeof createHouse>;
