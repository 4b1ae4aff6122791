import { describe, expect, test } from "vitest";
import type { BrokerEvent } from "../../src/core/events.ts";
import { goodbye, login, publish, startBroker, subscribe } from "./wire.ts";

const TOO_LARGE = Buffer.from("the payload is larger than this broker takes").toString("hex");
const may = (_action: string, topic: string): boolean => !topic.startsWith("secret");
const PING = "c000";
const PONG = "d000";

describe("what a client sees of a denied PUBLISH (mosquitto 2.1, byte for byte)", () => {
  test.each([
    [3, 0, "", ""],
    [4, 0, "", ""],
    [5, 0, "", ""],
    [3, 1, "", "40020102"],
    [4, 1, "", "40020102"],
    [5, 1, "", "4003010287"],
    [3, 2, "62020102", "50020102 70020102"],
    [4, 2, "62020102", "50020102 70020102"],
    [5, 2, "", "5003010287"],
  ] as const)("version %i, QoS %i", async (version, qos, goesOn, answers) => {
    const { port, events } = await startBroker({ may });
    const reader = await login(port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const client = await login(port, "writer", { version });
    client.send(publish("secret/a", "x", qos === 0 ? { qos } : { qos, messageId: 0x0102 }));
    client.send(`${goesOn}${PING}`);
    // The connection stays, and the message went nowhere.
    await expect(client).toReceive(`${answers}${PONG}`);
    client.send(publish("open", "y"));
    await expect(reader).toReceive("300700046f70656e79");
    expect(denials(events)).toEqual(["writer publish secret/a rules"]);
  });
});

test("a client that wants no reasons (request problem information 0) gets the code alone", async () => {
  const { port } = await startBroker({ limits: { maxPayloadBytes: 10 } });
  const properties = { requestProblemInformation: false };
  const client = await login(port, "c", { version: 5, properties });
  client.send(publish("t", "x".repeat(11), { qos: 1, messageId: 1 }));
  await expect(client).toReceive("4003000197");
  client.send("c100");
  expect(await client.end()).toBe("e00181");
});

test("a reason that the client's maximum packet size has no room for is left out", async () => {
  const { port } = await startBroker({ limits: { maxPayloadBytes: 10 } });
  const client = await login(port, "c", { version: 5, properties: { maximumPacketSize: 40 } });
  client.send(publish("t", "x".repeat(11), { qos: 1, messageId: 1 }));
  await expect(client).toReceive("4003000197");
  client.send("c100");
  expect(await client.end()).toBe("e00181");
});

test("a denied QoS 2 message may be sent again before its PUBREL", async () => {
  const { port } = await startBroker({ may });
  const client = await login(port, "c");
  client.send(publish("secret", "x", { qos: 2, messageId: 1 }));
  client.send(publish("secret", "x", { qos: 2, messageId: 1, dup: true }));
  client.send("62020001");
  await expect(client).toReceive("50020001 50020001 70020001");
});

test("an id used for a denied message can be used for an allowed one", async () => {
  const { port } = await startBroker({ may });
  const client = await login(port, "c");
  client.send(publish("secret", "x", { qos: 2, messageId: 1 }));
  await expect(client).toReceive("50020001");
  client.send(publish("open", "x", { qos: 2, messageId: 1 }));
  await expect(client).toReceive("50020001");
  client.send("62020001");
  await expect(client).toReceive("70020001");
});

test.each([
  [4, "40020001 40020002 40020003"],
  [5, "4003000110 4003000287 4003000310"],
] as const)("acknowledgements of version %i keep the order of their messages", async (version, answers) => {
  const { port } = await startBroker({ may });
  const client = await login(port, "c", { version });
  client.socket.cork();
  client.send(publish("open", "x", { qos: 1, messageId: 1 }));
  client.send(publish("secret", "x", { qos: 1, messageId: 2 }));
  client.send(publish("open", "x", { qos: 1, messageId: 3 }));
  client.socket.uncork();
  await expect(client).toReceive(answers);
});

test.each([
  [4, 1, "40020001"],
  [4, 2, "50020001"],
  [5, 1, `4033000197 2f1f002c ${TOO_LARGE}`],
  [5, 2, `5033000197 2f1f002c ${TOO_LARGE}`],
] as const)(
  "a payload over message_size_limit is acknowledged and dropped (version %i, QoS %i)",
  async (version, qos, answer) => {
    const { port, events } = await startBroker({ limits: { maxPayloadBytes: 10 } });
    const client = await login(port, "c", { version });
    client.send(publish("t", "x".repeat(11), { qos, messageId: 1 }));
    await expect(client).toReceive(answer);
    client.send(publish("t", "x".repeat(10), { qos: 1, messageId: 2 }));
    await expect(client).toReceive(version === 5 ? "4003000210" : "40020002");
    const decisions = events.flatMap((event) => (event.kind === "denied" ? [event.decision] : []));
    expect(decisions).toEqual([
      {
        verdict: "deny",
        by: "limits",
        reason: { kind: "oversize", sentence: "message of 11 bytes; the limit is 10 bytes (message_size_limit)" },
      },
    ]);
  },
);

const UNKNOWN_ALIAS = "broke the protocol: a PUBLISH has a topic alias that was not set before, and no topic";

describe("topic aliases", () => {
  const aliased = (topic: string, topicAlias: number, payload: string) =>
    publish(topic, payload, { properties: { topicAlias } });

  test("an alias stands for its topic, also when its first message was denied", async () => {
    const broker = await startBroker({ may });
    const reader = await login(broker.port, "reader");
    reader.send(subscribe(["#"]));
    await expect(reader).toReceive("9003000100");
    const client = await login(broker.port, "c", { version: 5 });
    client.send(aliased("secret", 1, "1"));
    client.send(aliased("open", 2, "2"));
    client.send(aliased("", 2, "3"));
    await expect(reader).toReceive("300700046f70656e32 300700046f70656e33");
    client.send(aliased("", 1, "4"));
    client.send(PING);
    await expect(client).toReceive(PONG);
    expect(denials(broker.events)).toEqual(["c publish secret rules", "c publish secret rules"]);
    broker.use({});
    client.send(aliased("", 1, "5"));
    await expect(reader).toReceive("300900067365637265743 5".replace(" ", ""));
  });

  test.each([
    // 3.3.4
    ["that was never defined", aliased("", 3, "x"), 0x82, UNKNOWN_ALIAS],
    ["above the maximum", aliased("t", 11, "x"), 0x94, "used a topic alias that is 0 or too high"],
  ] as const)("an alias %s ends the connection", async (_name, packet, code, sentence) => {
    const { port } = await startBroker();
    const client = await login(port, "c", { version: 5 });
    client.send(packet);
    expect(await client.end()).toBe(goodbye(code, sentence));
  });
});

test.each([
  // The receive maximum that CONNACK told.
  [5, 20, goodbye(0x93, "sent more unacknowledged messages than the receive maximum")],
  [4, 1_000, ""],
] as const)("QoS 2 messages that are left half-way are bounded (version %i: %i)", async (version, bound, last) => {
  const { port } = await startBroker();
  const client = await login(port, "c", { version });
  client.socket.cork();
  for (let messageId = 1; messageId <= bound + 1; messageId++) client.send(publish("t", "x", { qos: 2, messageId }));
  client.socket.uncork();
  const received = await client.end();
  const pubrecs = Array.from({ length: bound }, (_, n) => {
    const id = (n + 1).toString(16).padStart(4, "0");
    return version === 5 ? `5003${id}10` : `5002${id}`;
  });
  expect(received).toBe(pubrecs.join("") + last);
});

test("a QoS 2 message half-way in one clean session is not taken for one of the next", async () => {
  const { port } = await startBroker();
  const first = await login(port, "c");
  first.send(publish("t", "1", { qos: 2, messageId: 1 }));
  await expect(first).toReceive("50020001");
  first.socket.destroy();
  const reader = await login(port, "reader");
  reader.send(subscribe(["t"]));
  await expect(reader).toReceive("9003000100");
  const second = await login(port, "c");
  second.send(publish("t", "2", { qos: 2, messageId: 1 }));
  await expect(reader).toReceive("3004000174 32");
});

function denials(events: readonly BrokerEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === "denied" ? [`${event.client.clientId} ${event.action} ${event.topic} ${event.decision.by}`] : [],
  );
}
