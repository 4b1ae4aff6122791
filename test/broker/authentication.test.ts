import mqttPacket, { type IAuthPacket, type Packet } from "mqtt-packet";
import mqtt from "mqtt";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { logins } from "../../src/auth/backends/logins.ts";
import { createChain } from "../../src/auth/chain.ts";
import { createStageLedger } from "../../src/auth/figures.ts";
import { BackendError } from "../../src/core/errors.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Exchange, ExchangeStep } from "../../src/core/types.ts";
import { backendContext, recordingLogger } from "../auth/context.ts";
import { scramClient } from "../helpers/scram-client.ts";
import {
  connectPacket,
  encode,
  goodbye,
  login,
  publish,
  refusal,
  startBroker,
  subscribe,
  wire,
  type Wire,
} from "./wire.ts";

const METHOD = "SCRAM-SHA-256";
const METHOD_HEX = Buffer.from(METHOD).toString("hex");
const TURN = "broke the protocol: an AUTH packet out of turn";
const OTHER_METHOD = "broke the protocol: an AUTH packet with another authentication method than the CONNECT";

/** A login chain of one user for each pair of name and password. */
function chainOf(users: Readonly<Record<string, string>>, context = backendContext()) {
  const entries = Object.entries(users).map(([username, password]) => ({ username, password, preHashed: false }));
  return createChain({
    stages: [{ authenticator: logins.create({ logins: entries }, context), onBadPassword: "deny", onError: "deny" }],
    reservedUsers: [],
    timeoutMs: 5000,
    digest: context.digest,
    log: recordingLogger().log,
    ledger: createStageLedger(),
  });
}

function auth(data: Buffer | null, code = 0x18, method: string | null = METHOD): Packet {
  const properties = {
    ...(method === null ? {} : { authenticationMethod: method }),
    ...(data === null ? {} : { authenticationData: data }),
  };
  return { cmd: "auth", reasonCode: code, properties };
}

/** AUTH that begins a re-authentication, with more properties behind the method. */
function authWith(properties: string): Buffer {
  const rest = Buffer.from(`15000d${METHOD_HEX}${properties}`.replaceAll(" ", ""), "hex");
  return Buffer.concat([Buffer.from([0xf0, rest.length + 2, 0x19, rest.length]), rest]);
}

function connectWith(data: Buffer | null, rest: Parameters<typeof connectPacket>[2] = {}): Packet {
  const { properties, ...others } = rest;
  return connectPacket("dev", 5, {
    ...others,
    properties: {
      ...properties,
      authenticationMethod: METHOD,
      ...(data === null ? {} : { authenticationData: data }),
    },
  });
}

/** The next packet that comes, decoded. */
async function next(client: Wire): Promise<Packet> {
  const head = await client.readBytes(2);
  const more = (head[1] ?? 0) < 0x80 ? Buffer.alloc(0) : await client.readBytes(1);
  const length = ((head[1] ?? 0) & 0x7f) + (more[0] ?? 0) * 128;
  const body = await client.readBytes(length);
  const decoder = mqttPacket.parser({ protocolVersion: 5 });
  let found: Packet | null = null;
  decoder.on("packet", (packet) => {
    found = packet;
  });
  decoder.parse(Buffer.concat([head, more, body]));
  if (found === null) throw new Error("no packet");
  return found;
}

async function nextAuth(client: Wire): Promise<IAuthPacket> {
  const packet = await next(client);
  if (packet.cmd !== "auth") throw new Error(`a ${packet.cmd} came`);
  return packet;
}

const dataOf = (packet: IAuthPacket): Buffer => packet.properties?.authenticationData ?? Buffer.alloc(0);

/** Logs in by exchange; the CONNACK has been read. */
async function enter(port: number, username: string, password: string, rest = {}) {
  const client = await wire(port, 5);
  const scram = scramClient(username, password);
  client.send(connectWith(scram.first, rest));
  client.send(auth(scram.final(dataOf(await nextAuth(client)))));
  return { client, scram, connack: await next(client) };
}

describe("a CONNECT with an authentication method", () => {
  test("is let in when its proof is right, and hears the broker's proof", async () => {
    const { port, events, broker } = await startBroker(chainOf({ plug: "secret" }));
    const { scram, connack } = await enter(port, "plug", "secret");
    expect(connack).toMatchObject({
      cmd: "connack",
      reasonCode: 0,
      properties: { authenticationMethod: METHOD, authenticationData: Buffer.from(scram.serverFinal()) },
    });
    const named = { clientId: "dev", username: "plug", address: "127.0.0.1", listener: "1883" };
    expect(events).toMatchObject([{ kind: "connected", client: named, source: "logins" }]);
    expect(broker.sessions()).toEqual([named]);
  });

  test("may send its first data in the first AUTH, and all it knows at once", async () => {
    const { port } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    const scram = scramClient("plug", "secret");
    client.send(Buffer.concat([encode(connectWith(null), 5), encode(auth(scram.first), 5)]));
    const invitation = await nextAuth(client);
    expect(invitation).toMatchObject({ reasonCode: 0x18, properties: { authenticationMethod: METHOD } });
    expect(dataOf(invitation)).toHaveLength(0);
    client.send(auth(scram.final(dataOf(await nextAuth(client)))));
    expect(await next(client)).toMatchObject({ cmd: "connack", reasonCode: 0 });
  });

  test("may bring its user name, and a password that is not looked at", async () => {
    const { port } = await startBroker(chainOf({ plug: "secret" }));
    const { connack } = await enter(port, "plug", "secret", { username: "plug", password: Buffer.from("wrong") });
    expect(connack).toMatchObject({ reasonCode: 0 });
  });

  test("packets behind its proof wait for the CONNACK", async () => {
    const { port } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    const scram = scramClient("plug", "secret");
    client.send(connectWith(scram.first));
    const final = scram.final(dataOf(await nextAuth(client)));
    client.send(Buffer.concat([encode(auth(final), 5), encode(subscribe(["t"]), 5), encode(publish("t", "hello"), 5)]));
    expect(await next(client)).toMatchObject({ cmd: "connack", reasonCode: 0 });
    expect(await next(client)).toMatchObject({ cmd: "suback" });
    expect(await next(client)).toMatchObject({ cmd: "publish", topic: "t" });
  });

  test.each([
    ["a wrong password", "plug", "wrong", "wrong_password", "wrong password for user plug"],
    [
      "a name that nobody has",
      "nobody",
      "secret",
      "unknown_user",
      `nobody who can use ${METHOD} is called nobody here`,
    ],
  ])("is refused with %s, in the same bytes", async (_name, username, password, kind, sentence) => {
    const { port, events } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    const scram = scramClient(username, password);
    client.send(connectWith(scram.first));
    const challenge = await nextAuth(client);
    expect(dataOf(challenge).toString()).toMatch(/^r=\S{48},s=[^,]{24},i=4096$/);
    client.send(auth(scram.final(dataOf(challenge))));
    expect(await client.end()).toBe("2003008700");
    expect(events).toMatchObject([{ kind: "refused", client: { clientId: "dev" }, reason: { kind, sentence } }]);
  });

  test.each([["SCRAM-SHA-1"], ["PLAIN"], ["scram-sha-256"]])(
    "is refused with the method %s, and never taken for a plain login",
    async (method) => {
      const { port, events } = await startBroker(chainOf({ plug: "secret" }));
      const client = await wire(port, 5);
      const properties = { authenticationMethod: method };
      client.send(connectPacket("dev", 5, { username: "plug", password: Buffer.from("secret"), properties }));
      const sentence = `asked for the authentication method ${method}, which this broker does not know`;
      expect(await client.end()).toBe(refusal(0x8c, sentence));
      expect(events).toMatchObject([{ kind: "refused", reason: { kind: "protocol_refused", sentence } }]);
    },
  );

  test.each([
    [
      "data that is no SCRAM",
      auth(Buffer.from("hello")),
      0x81,
      "sent authentication data that is not SCRAM: it does not begin with a channel binding flag",
    ],
    [
      "channel binding",
      auth(Buffer.from("p=tls-unique,,n=plug,r=a")),
      0x82,
      "sent authentication data that cannot be accepted: it asks for channel binding, which SCRAM-SHA-256 without -PLUS does not have",
    ],
    [
      "no data twice",
      auth(null),
      0x81,
      "sent authentication data that is not SCRAM: it does not begin with a channel binding flag",
    ],
    ["another method", auth(Buffer.from("n,,n=plug,r=a"), 0x18, "PLAIN"), 0x82, OTHER_METHOD],
    ["no method", auth(null, 0x18, null), 0x82, "broke the protocol: an AUTH packet without an authentication method"],
    ["a re-authentication", auth(Buffer.from("n,,n=plug,r=a"), 0x19), 0x82, TURN],
    [
      "success",
      auth(null, 0x00),
      0x82,
      "broke the protocol: an AUTH packet with a reason code that clients may not send",
    ],
    // [MQTT-3.1.2-30]
    ["a PUBLISH", publish("t", "x"), 0x82, "sent something else before its authentication was finished"],
    ["a second CONNECT", connectWith(null), 0x82, "sent something else before its authentication was finished"],
  ])("and answers the challenge with %s is refused", async (_name, answer, code, sentence) => {
    const { port, events } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    client.send(connectWith(null));
    await nextAuth(client);
    client.send(answer);
    expect(await next(client)).toMatchObject({
      cmd: "connack",
      reasonCode: code,
      properties: { reasonString: sentence },
    });
    expect(await client.end()).toBe("");
    expect(events).toMatchObject([{ kind: "refused", reason: { sentence } }]);
  });

  test.each([
    ["says goodbye", (client: Wire) => client.send("e000")],
    ["closes", (client: Wire) => client.socket.end()],
    ["breaks off", (client: Wire) => client.socket.resetAndDestroy()],
  ])("and %s between two steps leaves nothing", async (_name, leave) => {
    const { port, events, broker, socket } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    client.send(connectWith(scramClient("plug", "secret").first));
    await nextAuth(client);
    leave(client);
    expect(await client.end()).toBe("");
    await vi.waitFor(() => expect(socket().destroyed).toBe(true));
    expect(events).toEqual([]);
    expect(broker.sessions()).toEqual([]);
  });

  test("and says nothing more is refused when its time is over", async () => {
    const { port, events } = await startBroker(chainOf({ plug: "secret" }), { loginTimeoutMs: 50 });
    const client = await wire(port, 5);
    client.send(connectWith(scramClient("plug", "secret").first));
    await nextAuth(client);
    expect(await client.end()).toBe("2003008700");
    const sentence = `did not finish its authentication (${METHOD}) within 0.05 s`;
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "not_allowed", sentence } }]);
  });

  test("is not read from while its proof is checked", async () => {
    const { promise, resolve } = Promise.withResolvers<ExchangeStep>();
    const asked: (Uint8Array | null)[] = [];
    const answer = (data: Uint8Array | null): ExchangeStep | Promise<ExchangeStep> => {
      asked.push(data);
      return asked.length === 1 ? { verdict: "continue", data: Buffer.from("?") } : promise;
    };
    const { port, socket } = await startBroker({ exchange: () => ({ answer }) });
    const client = await wire(port, 5);
    client.send(connectWith(null));
    await nextAuth(client);
    client.send(auth(Buffer.from("!")));
    await vi.waitFor(() => expect(asked).toEqual([null, Buffer.from("!")]));
    expect(socket().isPaused()).toBe(true);
    resolve(deny("test", { kind: "wrong_password", sentence: "no" }));
    expect(await client.end()).toBe("2003008700");
  });

  test("and has left when it is asked again is gone", async () => {
    const asked: ((step: ExchangeStep) => void)[] = [];
    const answer = (): Promise<ExchangeStep> => new Promise((resolve) => asked.push(resolve));
    const { port, events, broker } = await startBroker({ exchange: () => ({ answer }) });
    const client = await wire(port, 5);
    client.socket.end(Buffer.concat([encode(connectWith(null), 5), encode(auth(Buffer.from("!")), 5)]));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await client.end();
    asked[0]?.({ verdict: "continue", data: Buffer.from("?") });
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    asked[1]?.({ verdict: "continue", data: Buffer.from("?") });
    // the step is taken before what follows
    await Promise.resolve();
    await broker.stop();
    expect(events).toEqual([]);
  });

  test("that takes only packets too small for a challenge hears so", async () => {
    const { port } = await startBroker(chainOf({ plug: "secret" }));
    const client = await wire(port, 5);
    client.send(connectWith(scramClient("plug", "secret").first, { properties: { maximumPacketSize: 100 } }));
    expect(await client.end()).toBe(refusal(0x95, "takes no packets that are large enough for its authentication"));
  });

  test.each([
    [
      "throws",
      (): ExchangeStep => {
        throw new BackendError("down");
      },
    ],
    ["rejects", () => Promise.reject(new BackendError("down"))],
  ])("whose check %s is told to come later", async (_name, answer) => {
    const { port, events } = await startBroker({ exchange: () => ({ answer }) });
    const client = await wire(port, 5);
    client.send(connectWith(null, { username: "plug" }));
    const sentence = "The check failed, so the login of plug cannot be checked";
    expect(await client.end()).toBe(refusal(0x88, sentence));
    expect(events).toMatchObject([{ kind: "refused", reason: { kind: "auth_unavailable", sentence } }]);
  });

  test("is refused when its user was removed between two steps", async () => {
    const context = backendContext();
    const server = await startBroker(chainOf({ plug: "secret" }, context));
    const client = await wire(server.port, 5);
    const scram = scramClient("plug", "secret");
    client.send(connectWith(scram.first));
    const challenge = dataOf(await nextAuth(client));
    server.use(chainOf({ other: "secret" }, context));
    client.send(auth(scram.final(challenge)));
    expect(await client.end()).toBe("2003008700");
    const sentence = "user plug was removed from the logins";
    expect(server.events).toMatchObject([{ kind: "refused", reason: { kind: "unknown_user", sentence } }]);
  });

  test("is let in, and stays, when a reload between two steps changes nothing for it", async () => {
    const context = backendContext();
    const server = await startBroker(chainOf({ plug: "secret" }, context));
    const client = await wire(server.port, 5);
    const scram = scramClient("plug", "secret");
    client.send(connectWith(scram.first));
    const challenge = dataOf(await nextAuth(client));
    const reloaded = chainOf({ plug: "secret", other: "x" }, context);
    server.use(reloaded);
    client.send(auth(scram.final(challenge)));
    expect(await next(client)).toMatchObject({ cmd: "connack", reasonCode: 0 });
    expect(server.use(reloaded)).toEqual({ checked: 1, closed: 0 });
  });

  test("is cut off by a changed password like any other", async () => {
    const context = backendContext();
    const server = await startBroker(chainOf({ plug: "secret" }, context));
    const { client } = await enter(server.port, "plug", "secret");
    expect(server.use(chainOf({ plug: "changed" }, context))).toEqual({ checked: 1, closed: 1 });
    expect(await client.end()).toBe("e00198");
  });
});

describe("an open connection that authenticates anew", () => {
  async function start(users: Readonly<Record<string, string>> = { plug: "secret", other: "secret" }) {
    const context = backendContext();
    const server = await startBroker(chainOf(users, context));
    const { client } = await enter(server.port, "plug", "secret");
    return { server, client, context };
  }

  test("stays when its proof is right, any number of times", async () => {
    const { client, server } = await start();
    for (let round = 0; round < 3; round++) {
      const scram = scramClient("plug", "secret", { nonce: `round${round}` });
      client.send(auth(scram.first, 0x19));
      const challenge = await nextAuth(client);
      expect(challenge.reasonCode).toBe(0x18);
      client.send(auth(scram.final(dataOf(challenge))));
      const done = await nextAuth(client);
      expect(done).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: METHOD } });
      expect(dataOf(done).toString()).toBe(scram.serverFinal());
    }
    expect(server.events.map(({ kind }) => kind)).toEqual(["connected"]);
  });

  test("may go on publishing meanwhile", async () => {
    const { client } = await start();
    client.send(subscribe(["t"]));
    expect(await next(client)).toMatchObject({ cmd: "suback" });
    const scram = scramClient("plug", "secret");
    client.send(Buffer.concat([encode(auth(scram.first, 0x19), 5), encode(publish("t", "1"), 5)]));
    const received = [await next(client), await next(client)];
    expect(received.map(({ cmd }) => cmd).toSorted()).toEqual(["auth", "publish"]);
    const challenge = received.find((packet) => packet.cmd === "auth");
    if (challenge?.cmd !== "auth") throw new Error("no challenge");
    client.send(Buffer.concat([encode(auth(scram.final(dataOf(challenge))), 5), encode(publish("t", "2"), 5)]));
    expect([await next(client), await next(client)].map(({ cmd }) => cmd).toSorted()).toEqual(["auth", "publish"]);
  });

  test.each([
    ["with a wrong password", "plug", "wrong", "wrong password for user plug"],
    ["with a name that nobody has", "nobody", "x", "authenticates as nobody and calls itself plug"],
    ["as another user", "other", "secret", "authenticates as other and calls itself plug"],
  ])("%s is cut off", async (_name, username, password, sentence) => {
    const { client, server } = await start();
    const scram = scramClient(username, password);
    client.send(auth(scram.first, 0x19));
    if (username === "plug") client.send(auth(scram.final(dataOf(await nextAuth(client)))));
    // why, is for the owner
    expect(await client.end()).toBe("e00187");
    expect(server.events.at(-1)).toMatchObject({ kind: "disconnected", reason: { sentence } });
  });

  test.each([
    ["with another method", auth(Buffer.from("n,,n=plug,r=a"), 0x19, "PLAIN"), 0x82, OTHER_METHOD],
    ["with an AUTH that continues nothing", auth(Buffer.from("n,,n=plug,r=a"), 0x18), 0x82, TURN],
    [
      "without a method",
      auth(null, 0x19, null),
      0x82,
      "broke the protocol: an AUTH packet without an authentication method",
    ],
    [
      "with a property of CONNECT",
      authWith("11 00000001"),
      0x81,
      "sent a malformed packet: a property does not belong to this packet",
    ],
    ["with two methods", authWith(`15 000d ${METHOD_HEX}`), 0x82, "broke the protocol: a property appears twice"],
    ["with data twice", authWith("16 0001 61 16 0001 62"), 0x82, "broke the protocol: a property appears twice"],
    ["with properties longer than the packet", "f0 02 19 05", 0x81, "sent a malformed packet: it ends too early"],
    [
      "with data that is no SCRAM",
      auth(Buffer.from("x"), 0x19),
      0x81,
      "sent authentication data that is not SCRAM: it does not begin with a channel binding flag",
    ],
  ])("%s is cut off with the code for it", async (_name, packet, code, sentence) => {
    const { client, server } = await start();
    client.send(packet);
    expect(await client.end()).toBe(goodbye(code, sentence));
    expect(server.events.at(-1)).toMatchObject({ kind: "disconnected", reason: { sentence } });
  });

  test("a second time before the first is finished, is cut off", async () => {
    const { client } = await start();
    const { first } = scramClient("plug", "secret");
    client.send(auth(first, 0x19));
    await nextAuth(client);
    client.send(auth(first, 0x19));
    expect(await client.end()).toBe(goodbye(0x82, TURN));
  });

  test("and speaks while its proof is checked, is cut off", async () => {
    const held: Exchange = { answer: () => new Promise(() => undefined) };
    const server = await startBroker(chainOf({ plug: "secret" }));
    const { client } = await enter(server.port, "plug", "secret");
    server.use({ exchange: () => held });
    client.send(auth(Buffer.from("a"), 0x19));
    client.send(auth(Buffer.from("b"), 0x18));
    expect(await client.end()).toBe(goodbye(0x82, TURN));
  });

  test("is cut off as busy when it cannot be decided", async () => {
    const server = await startBroker(chainOf({ plug: "secret" }));
    const { client } = await enter(server.port, "plug", "secret");
    server.use({ exchange: () => ({ answer: () => Promise.reject(new BackendError("down")) }) });
    client.send(auth(Buffer.from("a"), 0x19));
    expect(await client.end()).toBe(goodbye(0x89, "The check failed, so the login of plug cannot be checked"));
  });

  test("and does not finish in time is cut off", async () => {
    const server = await startBroker(chainOf({ plug: "secret" }), { loginTimeoutMs: 300 });
    const { client } = await enter(server.port, "plug", "secret");
    client.send(auth(scramClient("plug", "secret").first, 0x19));
    await nextAuth(client);
    await client.end();
    const sentence = `did not finish its authentication (${METHOD}) within 0.3 s`;
    expect(server.events.at(-1)).toMatchObject({ kind: "disconnected", reason: { kind: "not_allowed", sentence } });
  });

  test("is checked by the rules of the latest moment", async () => {
    const { client, server, context } = await start();
    const scram = scramClient("plug", "secret");
    client.send(auth(scram.first, 0x19));
    const challenge = dataOf(await nextAuth(client));
    server.use(chainOf({ plug: "secret" }, context));
    client.send(auth(scram.final(challenge)));
    expect(await nextAuth(client)).toMatchObject({ reasonCode: 0 });
  });

  test("and leaves in the middle leaves nothing", async () => {
    const { client, server } = await start();
    client.send(auth(scramClient("plug", "secret").first, 0x19));
    await nextAuth(client);
    client.socket.end();
    await client.end();
    await vi.waitFor(() => expect(server.broker.sessions()).toEqual([]));
  });
});

test("an AUTH on a connection that began without a method is a protocol error", async () => {
  const { port } = await startBroker({
    authenticate: ({ clientId, username }) =>
      allow("test", { clientId, username, superuser: false, source: "test", proof: null }),
  });
  const client = await login(port, "dev", { version: 5 });
  client.send(auth(Buffer.from("n,,n=plug,r=a"), 0x19));
  const sentence = "broke the protocol: an AUTH packet on a connection that began without authentication method";
  expect(await client.end()).toBe(goodbye(0x82, sentence));
});

test("mqtt.js logs in by SCRAM-SHA-256", async () => {
  const { port, broker } = await startBroker(chainOf({ plug: "secret" }));
  const scram = scramClient("plug", "secret");
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    clientId: "js",
    reconnectPeriod: 0,
    manualConnect: true,
    properties: { authenticationMethod: METHOD, authenticationData: scram.first },
  });
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  client.handleAuth = (packet, callback) => {
    callback(undefined, {
      cmd: "auth",
      reasonCode: 0x18,
      properties: {
        authenticationMethod: METHOD,
        authenticationData: scram.final(packet.properties?.authenticationData ?? Buffer.alloc(0)),
      },
    });
  };
  const connected = new Promise<Packet>((resolve, reject) => {
    client.once("connect", resolve);
    client.once("error", reject);
  });
  client.connect();
  expect(await connected).toMatchObject({ properties: { authenticationData: Buffer.from(scram.serverFinal()) } });
  expect(broker.sessions()).toMatchObject([{ clientId: "js", username: "plug" }]);
});
