import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import mqttPacket from "mqtt-packet";
import { expect, onTestFinished, vi } from "vitest";
import { createBroker, type Broker, type BrokerDeps } from "../../src/broker/broker.ts";
import type { BrokerEvent } from "../../src/core/events.ts";
import { createLogger, type LogEntry } from "../../src/core/logger.ts";
import type { Snapshot } from "../../src/snapshot/types.ts";
import { snapshotOf, type SnapshotParts } from "../helpers/snapshot.ts";

const PATIENCE = { timeout: 5_000, interval: 5 };

type Packet = Parameters<typeof mqttPacket.generate>[0];

/** A broker behind a plain port, with all that it reports. */
export interface TestBroker {
  readonly broker: Broker;
  readonly port: number;
  readonly events: BrokerEvent[];
  readonly lines: LogEntry[];
  /** Makes another moment current and brings the sessions in line with it, as the app does. */
  use(parts: SnapshotParts): { readonly checked: number; readonly closed: number };
  /** Our side of the last connection. */
  readonly socket: () => Socket;
}

/** Starts a broker on a free port; it stops with the test. */
export async function startBroker(
  parts: SnapshotParts = {},
  options: Pick<BrokerDeps, "connectTimeoutMs" | "loginTimeoutMs"> = {},
  onEvent: (event: BrokerEvent) => void = () => undefined,
): Promise<TestBroker> {
  let snapshot: Snapshot = snapshotOf(parts);
  let last: Socket | null = null;
  const events: BrokerEvent[] = [];
  const lines: LogEntry[] = [];
  const types = new Set(["error", "warning", "notice", "information"] as const);
  const log = createLogger(() => ({ types, sinks: [(entry) => lines.push(entry)] }));
  const record = (event: BrokerEvent): void => {
    events.push(event);
    onEvent(event);
  };
  const broker = await createBroker({
    current: () => snapshot,
    record,
    log,
    storage: null,
    control: () => undefined,
    ...options,
  });
  const server = createServer({ noDelay: true }, (socket) => {
    last = socket;
    broker.accept(socket, { listener: "1883", address: "127.0.0.1", tls: null });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await broker.stop();
  });
  const bound = server.address();
  return {
    broker,
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    events,
    lines,
    use(next) {
      snapshot = snapshotOf({ generation: snapshot.generation + 1, ...next });
      return broker.recheck();
    },
    socket() {
      if (last === null) throw new Error("no connection yet");
      return last;
    },
  };
}

/** A client that is nothing but bytes. */
export interface Wire {
  readonly socket: Socket;
  /** Sends bytes: a hex string with or without spaces, a buffer, or a packet in the given version. */
  send(what: string | Buffer | Packet): void;
  /** What has come and was not forgotten, in hex. */
  received(): string;
  forget(): void;
  /** Waits for this many bytes and forgets them. */
  readBytes(bytes: number): Promise<Buffer>;
  /** Waits for the other side to close; gives what came before. */
  end(): Promise<string>;
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Waits until exactly these bytes (hex, spaces allowed) have come since the last question, and forgets them. */
    toReceive(this: Matchers<R, T>, hex: string): Promise<void>;
  }
}

expect.extend({
  async toReceive(client: Wire, hex: string) {
    const wanted = bytes(hex).toString("hex");
    const pass = await vi.waitUntil(() => client.received() === wanted, PATIENCE).catch(() => false);
    const actual = client.received();
    client.forget();
    return { pass, actual, expected: wanted, message: () => "the client received other bytes" };
  },
});

/** Connects without saying anything. */
export async function wire(port: number, version: 3 | 4 | 5 = 4): Promise<Wire> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let chunks: Buffer[] = [];
  let length = 0;
  const keep = (...next: Buffer[]): void => {
    chunks = next;
    length = next.reduce((sum, chunk) => sum + chunk.length, 0);
  };
  const all = (): string => Buffer.concat(chunks).toString("hex");
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    socket,
    send(what) {
      if (typeof what === "string") socket.write(bytes(what));
      else socket.write(Buffer.isBuffer(what) ? what : encode(what, version));
    },
    forget: () => keep(),
    received: all,
    async readBytes(count) {
      await vi.waitFor(() => expect(length).toBeGreaterThanOrEqual(count), PATIENCE);
      const received = Buffer.concat(chunks);
      keep(received.subarray(count));
      return received.subarray(0, count);
    },
    async end() {
      await closed;
      return all();
    },
  };
}

/** Connects and logs in; the CONNACK has been read. */
export async function login(
  port: number,
  clientId: string,
  { version = 4, ...rest }: { version?: 3 | 4 | 5 } & Partial<Extract<Packet, { cmd: "connect" }>> = {},
): Promise<Wire> {
  const client = await wire(port, version);
  client.send(connectPacket(clientId, version, rest));
  const head = await client.readBytes(2);
  await client.readBytes(head[1] ?? 0);
  expect(head[0]).toBe(0x20);
  return client;
}

export function connectPacket(
  clientId: string,
  version: 3 | 4 | 5,
  rest: Partial<Extract<Packet, { cmd: "connect" }>> = {},
): Packet {
  return {
    cmd: "connect",
    protocolId: version === 3 ? "MQIsdp" : "MQTT",
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: 0,
    ...rest,
  };
}

export function encode(packet: Packet, version: 3 | 4 | 5): Buffer {
  return mqttPacket.generate(packet, { protocolVersion: version });
}

/** DISCONNECT of MQTT 5 with a reason string, in hex. */
export function goodbye(code: number, sentence: string): string {
  const text = Buffer.from(sentence, "utf8");
  const properties = [0x1f, text.length >> 8, text.length & 0xff, ...text];
  return Buffer.from([0xe0, properties.length + 2, code, properties.length, ...properties]).toString("hex");
}

/** CONNACK of MQTT 5 that refuses with a reason string, in hex. */
export function refusal(code: number, sentence: string): string {
  const text = Buffer.from(sentence, "utf8");
  const properties = [0x1f, text.length >> 8, text.length & 0xff, ...text];
  return Buffer.from([0x20, properties.length + 3, 0, code, properties.length, ...properties]).toString("hex");
}

export function publish(
  topic: string,
  payload: string | Buffer = "x",
  rest: Partial<Extract<Packet, { cmd: "publish" }>> = {},
): Packet {
  return { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, ...rest };
}

export function subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 0, messageId = 1): Packet {
  return { cmd: "subscribe", messageId, subscriptions: filters.map((topic) => ({ topic, qos })) };
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}
