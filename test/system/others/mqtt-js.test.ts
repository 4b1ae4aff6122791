import type { IClientOptions, IPublishPacket } from "mqtt";
import { expect, test, vi } from "vitest";
import { connect as connectTo, type TestClient } from "../../helpers/mqtt.ts";
import { startSite } from "./broker.ts";

const LASTING = { clean: false, properties: { sessionExpiryInterval: 100 } } as const;
const PATIENCE = { timeout: 10_000, interval: 10 };

interface Guest extends TestClient {
  /** The PUBLISH packets, in their order. */
  readonly packets: IPublishPacket[];
}

/** Clients of MQTT 5 of one broker. */
async function guests() {
  const site = await startSite();
  const connect = async (options: IClientOptions = {}): Promise<Guest> => {
    const packets: IPublishPacket[] = [];
    const guest = await connectTo(`mqtt://127.0.0.1:${site.port}`, { protocolVersion: 5, ...options });
    guest.client.on("packetreceive", (packet) => {
      if (packet.cmd === "publish") packets.push(packet);
    });
    return { ...guest, packets };
  };
  return { ...site, connect };
}

test("QoS 0, 1 and 2, retained messages, their expiry, and properties in their order", async () => {
  const { connect } = await guests();
  const [sub, pub] = [await connect(), await connect()];
  await sub.client.subscribeAsync("t/#", { qos: 2, properties: { subscriptionIdentifier: 7 } });
  const userProperties = { b: ["2", "3"], a: "1" };
  for (const qos of [0, 1, 2] as const) await pub.client.publishAsync(`t/${qos}`, "x", { qos });
  await pub.client.publishAsync("t/kept", "v", {
    qos: 1,
    retain: true,
    properties: { userProperties, messageExpiryInterval: 100, contentType: "text" },
  });
  await sub.received(["t/0 x", "t/1 x", "t/2 x", "t/kept v"]);
  expect(sub.packets.map(({ qos }) => qos)).toEqual([0, 1, 2, 1]);
  expect(sub.packets.map(({ properties }) => properties?.subscriptionIdentifier)).toEqual([7, 7, 7, 7]);
  expect(sub.packets[3]).toMatchObject({ retain: false, properties: { contentType: "text" } });
  expect({ ...sub.packets[3]?.properties?.userProperties }).toEqual(userProperties);
  const late = await connect();
  await late.client.subscribeAsync("t/kept");
  await late.received(["t/kept v"]);
  expect(late.packets[0]?.retain).toBe(true);
  expect(late.packets[0]?.properties?.messageExpiryInterval).toBeLessThanOrEqual(100);
});

test("options of a subscription: no local, retain as published, retain handling", async () => {
  const { connect } = await guests();
  const [both, pub] = [await connect(), await connect()];
  await pub.client.publishAsync("t", "old", { qos: 1, retain: true });
  await both.client.subscribeAsync("t", { qos: 1, nl: true, rap: true, rh: 2 });
  await both.client.publishAsync("t", "own", { qos: 1 });
  await pub.client.publishAsync("t", "new", { qos: 1, retain: true });
  await both.received(["t new"]);
  expect(both.packets[0]?.retain).toBe(true);
});

test("a session behind a restart", async () => {
  const { connect, restart } = await guests();
  const first = await connect({ clientId: "c", ...LASTING });
  await first.client.subscribeAsync("t", { qos: 1 });
  first.client.stream.destroy();
  await (await connect()).client.publishAsync("t", "waited", { qos: 1 });
  await restart();
  const again = await connect({ clientId: "c", ...LASTING });
  await again.received(["t waited"]);
});

test("wills: at once, and after their delay", async () => {
  const { connect } = await guests();
  const sub = await connect();
  await sub.client.subscribeAsync("#", { qos: 1 });
  const will = { topic: "will", payload: Buffer.from("late"), qos: 1 as const, retain: false };
  const late = await connect({ ...LASTING, clientId: "late", will: { ...will, properties: { willDelayInterval: 1 } } });
  const soon = await connect({ will: { ...will, payload: Buffer.from("soon") } });
  late.client.stream.destroy();
  soon.client.stream.destroy();
  await sub.received(["will soon", "will late"]);
});

test("limits of the client: maximum packet size, and topic aliases both ways", async () => {
  const { connect } = await guests();
  const narrow = await connect({ properties: { maximumPacketSize: 100, topicAliasMaximum: 5 } });
  await narrow.client.subscribeAsync("t", { qos: 1 });
  const pub = await connect({ autoAssignTopicAlias: true });
  await pub.client.publishAsync("t", "x".repeat(200), { qos: 1 });
  for (const text of ["a", "b"]) await pub.client.publishAsync("t", text, { qos: 1 });
  await narrow.received(["t a", "t b"]);
  expect(narrow.packets.map(({ properties }) => properties?.topicAlias)).toEqual([1, 1]);
});

test("shared subscriptions, request and response, and a reason code", async () => {
  const { connect } = await guests();
  const workers = [await connect(), await connect()];
  for (const { client } of workers) await client.subscribeAsync("$share/g/ask", { qos: 1 });
  let told: unknown;
  const asker = await connect();
  asker.client.on("packetreceive", (packet) => {
    told = packet;
  });
  await asker.client.subscribeAsync("answers", { qos: 1 });
  const properties = { responseTopic: "answers", correlationData: Buffer.from([0, 255]) };
  for (const nr of ["1", "2", "3", "4"]) await asker.client.publishAsync("ask", nr, { qos: 1, properties });
  await vi.waitFor(() => expect(workers.flatMap(({ packets }) => packets)).toHaveLength(4), PATIENCE);
  for (const { client, packets } of workers) {
    for (const { properties: asked } of packets) {
      const correlationData = asked?.correlationData ?? Buffer.alloc(0);
      await client.publishAsync(asked?.responseTopic ?? "", "done", { qos: 1, properties: { correlationData } });
    }
  }
  await asker.received(Array.from({ length: 4 }, () => "answers done"));
  expect(asker.packets[0]?.properties?.correlationData).toEqual(Buffer.from([0, 255]));
  await asker.client.unsubscribeAsync("never");
  expect(told).toMatchObject({ cmd: "unsuback", granted: [0x11] });
});
