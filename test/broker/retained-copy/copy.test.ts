import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { generate, parser, type Packet } from "mqtt-packet";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { copyRetained } from "../../../src/broker/retained-copy/copy.ts";
import { RemoteError } from "../../../src/broker/retained-copy/remote.ts";
import { payloadOf, propertiesOf } from "../../../src/broker/routing/stored-message.ts";
import { startMosquittoIn } from "../../helpers/mosquitto-broker.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { freePort } from "../../helpers/free-port.ts";
import { publish } from "../packets-of.ts";
import { join as joinBroker } from "../talker.ts";

const local = (port: number, username: string | null = null, password: string | null = null) => ({
  host: "127.0.0.1",
  port,
  isTls: false,
  username,
  password,
});

describeWith(["mosquitto", "mosquitto_passwd"], "the retained messages of a running mosquitto", () => {
  it("are copied with QoS, properties and expiry, also when there are many", async () => {
    const { port } = await startMosquittoIn(tempFolder(), ["allow_anonymous true"]);
    const publisher = await joinBroker(port, "publisher", { version: 5 });
    const properties = {
      userProperties: { k: "v" },
      contentType: "text/plain",
      messageExpiryInterval: 4000,
    };
    publisher.send(
      publish("rich/ü", "two", { retain: true, qos: 1, properties }),
      ...Array.from({ length: 1500 }, (_, index) => publish(`many/${index}`, `${index}`, { retain: true })),
      publish("exactly once", "x", { retain: true, qos: 2 }),
      publish("passing", "not retained"),
    );
    await publisher.answer("pubrec");
    publisher.send({ cmd: "pubrel", messageId: 1 });
    await publisher.answer("pubcomp");

    const { messages, missing } = await copyRetained(local(port), () => 1_000_000);
    expect(missing).toBe(0);
    expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
    const byTopic = new Map(messages.map((message) => [message.topic, message]));
    expect(byTopic.size).toBe(1502);
    expect(byTopic.get("many/1499")).toMatchObject({ body: "1499", qos: 0, retain: true, expiresAtMs: 0 });
    expect(byTopic.get("exactly once")).toMatchObject({ qos: 2, publisher: null });
    const rich = byTopic.get("rich/ü");
    expect(rich).toMatchObject({ topicBytes: Buffer.from("rich/ü").toString("latin1"), qos: 1 });
    expect(rich === undefined ? "" : payloadOf(rich)).toBe("two");
    expect(rich === undefined ? "" : propertiesOf(rich)).toBe(
      "\u0026\u0000\u0001k\u0000\u0001v\u0003\u0000\ntext/plain",
    );
    expect(rich?.expiresAtMs).toBeGreaterThan(1_000_000 + 3_900_000);
  });

  it("are not shown to a login that is wrong", async () => {
    const folder = tempFolder();
    const file = join(folder, "passwd");
    execFileSync("mosquitto_passwd", ["-b", "-c", file, "ann", "right"]);
    const { port } = await startMosquittoIn(folder, ["allow_anonymous false", `password_file ${file}`]);
    const wrong = copyRetained(local(port, "ann", "wrong"), Date.now);
    await expect(wrong).rejects.toThrow(new RemoteError("refused", "it refuses the login (code 135)"));
    await expect(copyRetained(local(port, "ann", "right"), Date.now)).resolves.toEqual({ messages: [], missing: 0 });
  });

  it("that rules hide are missed", async () => {
    const folder = tempFolder();
    const acl = join(folder, "acl");
    execFileSync("sh", [
      "-c",
      'printf "topic readwrite open/#\\ntopic write hidden/#\\ntopic read \\$SYS/#\\n" > "$0"',
      acl,
    ]);
    const { port } = await startMosquittoIn(folder, ["allow_anonymous true", `acl_file ${acl}`, "sys_interval 1"]);
    const publisher = await joinBroker(port, "publisher");
    publisher.send(
      publish("hidden/1", "x", { retain: true }),
      publish("hidden/2", "x", { retain: true }),
      publish("open/1", "x", { retain: true }),
    );
    await publisher.settle();
    await vi.waitFor(
      async () => {
        const { messages, missing } = await copyRetained(local(port), Date.now);
        expect(messages.map(({ topic }) => topic)).toEqual(["open/1"]);
        expect(missing).toBe(2);
      },
      { timeout: 15_000, interval: 100 },
    );
  });
});

describe("a broker", () => {
  it("that knows MQTT 3.1.1 only is asked in its version", async () => {
    const versions: number[] = [];
    const port = await serve((packet, send) => {
      if (packet.cmd === "connect") {
        versions.push(packet.protocolVersion ?? 0);
        send(Buffer.from([0x20, 2, 0, packet.protocolVersion === 5 ? 1 : 0]));
      } else if (packet.cmd === "subscribe") {
        const granted = packet.subscriptions.map(() => 0);
        const isForUs = packet.subscriptions.some(({ topic }) => topic === "#" || topic === "a");
        send({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
        if (isForUs) send(publish("a", "x", { retain: true }));
      } else if (packet.cmd === "pingreq") {
        send({ cmd: "pingresp" });
      } else if (packet.cmd === "unsubscribe") {
        send(Buffer.from([0xb0, 2, 0, packet.messageId ?? 0]));
      }
    });
    const { messages, missing } = await copyRetained(local(port), Date.now);
    expect(versions).toEqual([5, 4]);
    expect(messages).toMatchObject([{ topic: "a", body: "x" }]);
    expect(missing).toBe(0);
  });

  it("that is not there is said to be unreachable", async () => {
    const copy = copyRetained(local(await freePort()), Date.now);
    await expect(copy).rejects.toThrow(new RemoteError("unreachable", "there is no connection (ECONNREFUSED)"));
  });

  it("that ends the connection in between is said to have done so", async () => {
    const port = await serve((packet, send, socket) => {
      if (packet.cmd === "connect") send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
      else socket.end();
    });
    const copy = copyRetained(local(port), Date.now);
    await expect(copy).rejects.toThrow(new RemoteError("unreachable", "it closed the connection"));
  });

  it("that does not let us subscribe is said to refuse it", async () => {
    const port = await serve((packet, send) => {
      if (packet.cmd === "connect") send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
      else if (packet.cmd === "subscribe") send({ cmd: "suback", messageId: 1, granted: [0x87] });
      else if (packet.cmd === "pingreq") send({ cmd: "pingresp" });
      else if (packet.cmd === "unsubscribe") send({ cmd: "unsuback", messageId: 1, granted: [0] });
    });
    const copy = copyRetained(local(port), Date.now);
    await expect(copy).rejects.toThrow(new RemoteError("refused", 'it does not let this login subscribe to "#"'));
  });
});

/** A small server for one conversation at a time; it answers in the version of the CONNECT. */
async function serve(
  answer: (packet: Packet, send: (packet: Packet | Buffer) => void, socket: Socket) => void,
): Promise<number> {
  const server = createServer((socket) => {
    let protocolVersion = 4;
    const reader = parser();
    reader.on("packet", (packet: Packet) => {
      if (packet.cmd === "connect") protocolVersion = packet.protocolVersion ?? 4;
      answer(
        packet,
        (reply) => void socket.write(Buffer.isBuffer(reply) ? reply : generate(reply, { protocolVersion })),
        socket,
      );
    });
    socket.on("data", (chunk) => reader.parse(chunk));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
