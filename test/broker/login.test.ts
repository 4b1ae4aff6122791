import { describe, expect, test, vi } from "vitest";
import { BackendError } from "../../src/core/errors.ts";
import { deny, ignore } from "../../src/core/reasons.ts";
import type { Credentials, Decision, Identity, ReasonKind } from "../../src/core/types.ts";
import { connectPacket, goodbye, login, publish, refusal, startBroker, subscribe, wire } from "./wire.ts";

type Authenticate = (credentials: Credentials, signal: AbortSignal) => Decision<Identity> | Promise<Decision<Identity>>;

describe("the answer to a CONNECT that is refused", () => {
  test.each([
    ["no_credentials", 3, "20020005"],
    ["no_credentials", 4, "20020005"],
    ["no_credentials", 5, "2003008700"],
    ["wrong_password", 4, "20020005"],
    ["wrong_password", 5, "2003008700"],
    ["unknown_user", 4, "20020005"],
    ["unknown_user", 5, "2003008700"],
    ["auth_unavailable", 3, "20020003"],
    ["auth_unavailable", 4, "20020003"],
    ["auth_unavailable", 5, refusal(0x88, "because")],
    ["client_id_refused", 4, "20020002"],
    ["client_id_refused", 5, refusal(0x85, "because")],
    ["too_many_connections", 4, "20020003"],
    ["too_many_connections", 5, refusal(0x89, "because")],
  ] as const)("%s, version %i", async (kind, version, answer) => {
    const reason = { kind, sentence: "because" } satisfies { kind: ReasonKind; sentence: string };
    for (const authenticate of [() => deny("t", reason), async () => deny("t", reason), () => ignore("t", reason)]) {
      const { port, events } = await startBroker({ authenticate });
      const client = await wire(port, version);
      client.send(connectPacket("dev", version, { username: "u", password: Buffer.from("p") }));
      expect(await client.end()).toBe(answer);
      const named = { clientId: "dev", username: "u", address: "127.0.0.1", listener: "1883" };
      expect(events).toEqual([{ kind: "refused", client: named, reason }]);
    }
  });
});

describe("a login that cannot be checked is neither a yes nor a wrong password", () => {
  const reason = {
    kind: "auth_unavailable",
    sentence: "The check failed, so the login of klaus cannot be checked",
    hint: "The device was told to try again (server unavailable).",
  };
  test.each([
    [
      "throws",
      () => {
        throw new BackendError("down");
      },
      0,
    ],
    ["rejects", () => Promise.reject(new BackendError("down")), 0],
    [
      "has a fault",
      () => {
        throw new TypeError("x is not a function");
      },
      1,
    ],
    ["has a fault later", () => Promise.reject(new TypeError("x is not a function")), 1],
    ["never answers", () => new Promise<Decision<Identity>>(() => undefined), 0],
  ] satisfies [string, Authenticate, number][])("a chain that %s", async (_name, authenticate, errors) => {
    const { port, events, lines } = await startBroker({ authenticate }, { loginTimeoutMs: 60 });
    const client = await wire(port, 5);
    client.send(connectPacket("dev", 5, { username: "klaus", password: Buffer.from("secret!") }));
    expect(await client.end()).toBe(refusal(0x88, reason.sentence));
    expect(events).toMatchObject([{ kind: "refused", reason }]);
    expect(lines.filter(({ type }) => type === "error")).toHaveLength(errors);
    expect(JSON.stringify(lines)).not.toContain("secret!");
  });
});

test("what a client presents is what the chain is asked about", async () => {
  const asked: Credentials[] = [];
  const { port } = await startBroker({
    authenticate(credentials) {
      asked.push(credentials);
      return deny("t", { kind: "wrong_password", sentence: "no" });
    },
  });
  const client = await wire(port);
  client.send(connectPacket("dev", 4, { username: "ü:#", password: Buffer.from("p$ 😀") }));
  await client.end();
  expect(asked).toEqual([
    {
      clientId: "dev",
      username: "ü:#",
      password: Buffer.from("p$ 😀"),
      certificate: null,
      listener: "1883",
      address: "127.0.0.1",
    },
  ]);
});

test("a client that leaves while it is being checked calls the check off", async () => {
  const signals: AbortSignal[] = [];
  const { port, broker, events } = await startBroker({
    authenticate: (_credentials, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  });
  const client = await wire(port);
  client.send(connectPacket("dev", 4));
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  client.socket.destroy();
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
  expect(broker.sessions()).toEqual([]);
  expect(events).toEqual([]);
});

test("packets that follow the CONNECT at once wait for its answer and keep their order", async () => {
  const { port } = await startBroker({
    authenticate: async ({ clientId, username }) => {
      await new Promise((resolve) => setImmediate(resolve));
      return {
        verdict: "allow",
        by: "t",
        reason: { kind: "ok", sentence: "" },
        value: { clientId, username, superuser: false, source: "t", proof: null },
      };
    },
  });
  const reader = await login(port, "reader");
  reader.send(subscribe(["n"]));
  await expect(reader).toReceive("9003000100");
  const client = await wire(port);
  client.socket.cork();
  client.send(connectPacket("dev", 4));
  for (let n = 0; n < 2_000; n++) client.send(publish("n", String(n).padStart(4, "0")));
  client.socket.uncork();
  const received = await reader.readBytes(2_000 * 9);
  const numbers = Array.from({ length: 2_000 }, (_, n) => Number(received.toString("utf8", n * 9 + 5, n * 9 + 9)));
  expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
});

test.each([
  [3, "device-with-a-name-of-more-than-23-characters", true, "20020000"],
  [4, "", true, "20020000"],
  [4, "", false, "20020002"],
] as const)("version %i, client id %j, clean %s is answered %s", async (version, clientId, clean, answer) => {
  const { port, events } = await startBroker();
  const client = await wire(port, version);
  // mqtt-packet refuses to write what a broker has to refuse.
  const level = version === 3 ? "00064d514973647003" : "00044d51545404";
  const id = Buffer.from(clientId);
  const length = Buffer.from([0, id.length]).toString("hex");
  const body = `${level}${clean ? "02" : "00"}0000${length}${id.toString("hex")}`;
  client.send(`10${(body.length / 2).toString(16).padStart(2, "0")}${body}`);
  await expect(client).toReceive(answer);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  const sentence = "sent no client id for a kept session";
  const refused = { kind: "refused", reason: { kind: "client_id_refused", sentence } };
  expect(events).toMatchObject([answer === "20020000" ? { kind: "connected" } : refused]);
});

test("a protocol level that is not known is answered with return code 1", async () => {
  const { port, events } = await startBroker();
  const client = await wire(port);
  client.send("100e00044d5154540902003c00026162");
  expect(await client.end()).toBe("20020001");
  expect(events).toMatchObject([
    {
      kind: "refused",
      reason: { kind: "protocol_refused", sentence: "speaks an MQTT version unknown here (level 9)" },
    },
  ]);
});

test("a mosquitto bridge (level 0x84) is let in", async () => {
  const { port } = await startBroker();
  const client = await wire(port);
  client.send("100e00044d5154548402003c00026162");
  await expect(client).toReceive("20020000");
});

test("MQTT 5 clients hear the limits, and the packet size of the moment", async () => {
  const broker = await startBroker({ limits: { maxPacketSize: 1_000 } });
  const read = async (): Promise<string> => {
    const client = await wire(broker.port, 5);
    client.send(connectPacket("dev", 5));
    const head = await client.readBytes(2);
    return (await client.readBytes(head[1] ?? 0)).toString("hex");
  };
  // 0x22: topic alias maximum 10; 0x27: maximum packet size; 0x21: receive maximum 20.
  expect(await read()).toBe("00000b 22000a 27000003e8 210014".replaceAll(" ", ""));
  broker.use({ limits: { maxPacketSize: 2_000 } });
  expect(await read()).toBe("00000b 22000a 27000007d0 210014".replaceAll(" ", ""));
});

test("a longest keep alive is told in MQTT 5, kept, and refused before", async () => {
  const { port, events } = await startBroker({ limits: { maxKeepaliveS: 1 } });
  const client = await login(port, "dev", { version: 5, keepalive: 600 });
  expect(await client.end()).toBe(goodbye(0x8d, "no sign of life for 2 s"));
  expect(events[0]).toMatchObject({ kind: "connected", keepaliveS: 1 });
  const old = await wire(port);
  old.send(connectPacket("old", 4, { keepalive: 600 }));
  expect(await old.end()).toBe("20020002");
});

test("events tell the life of a connection", async () => {
  const { port, events, broker } = await startBroker();
  const client = await login(port, "dev", { version: 5, keepalive: 30, username: "u", clean: false });
  const named = { clientId: "dev", username: "u", address: "127.0.0.1", listener: "1883" };
  expect(broker.sessions()).toEqual([named]);
  client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a/#", qos: 1 }] });
  await client.readBytes(6);
  client.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["a/#"] });
  await client.readBytes(6);
  client.send("e000");
  await client.end();
  await vi.waitFor(() => expect(events).toHaveLength(4));
  expect(events).toEqual([
    { kind: "connected", client: named, version: 5, clean: false, keepaliveS: 30, source: "test" },
    { kind: "subscribed", client: named, filter: "a/#", qos: 1 },
    { kind: "unsubscribed", client: named, filter: "a/#" },
    { kind: "disconnected", client: named, reason: null },
  ]);
  expect(broker.sessions()).toEqual([]);
});
