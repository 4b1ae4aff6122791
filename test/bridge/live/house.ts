import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer, connect as connectTcp, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { expect, onTestFinished, vi } from "vitest";
import { launch, save, type Running } from "../../helpers/culex.ts";
import { freePort } from "../../helpers/free-port.ts";
import { connect, type TestClient } from "../../helpers/mqtt.ts";
import { tempFolder } from "../../helpers/temp.ts";

/** A broker that can be ended and started again with its data. */
export interface Broker {
  readonly kind: "culex" | "mosquitto";
  readonly port: number;
  readonly url: string;
  readonly confFile: string;
  start(): Promise<void>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** Everything it has printed. */
  log(): string;
  /** Writes the lines anew and asks for a reload. */
  reload(lines: string): void;
}

/** Prepares a broker with a listener on loopback and the lines of a configuration; it is not started yet. */
export async function prepare(kind: Broker["kind"], lines = ""): Promise<Broker> {
  const port = await freePort();
  const folder = tempFolder();
  const data = join(folder, "data");
  mkdirSync(data);
  const confFile = join(folder, "mosquitto.conf");
  const write = (lines: string): void => save(confFile, `${base(kind, port, data)}${lines}`);
  write(lines);
  const run = kind === "culex" ? createCulex(confFile) : createMosquitto(confFile);
  return { kind, port, url: `mqtt://127.0.0.1:${port}`, confFile, ...run, reload: (text) => (write(text), run.hup()) };
}

/** prepare(), started. */
export async function start(kind: Broker["kind"], lines = ""): Promise<Broker> {
  const broker = await prepare(kind, lines);
  await broker.start();
  return broker;
}

function base(kind: Broker["kind"], port: number, data: string): string {
  const common = `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${data}/\n`;
  return kind === "culex" ? common : `${common}log_type all\nlog_dest stderr\nuser root\n`;
}

function createCulex(confFile: string) {
  let running: Running | null = null;
  const lines: string[] = [];
  return {
    async start() {
      running = launch(["src/main.ts", "-c", confFile]);
      await running.line(/ ready: /);
    },
    async stop() {
      await running?.stop();
      lines.push(...(running?.lines ?? []));
      running = null;
    },
    log: () => [...lines, ...(running?.lines ?? [])].join("\n"),
    hup: () => running?.signal("SIGHUP"),
  };
}

function createMosquitto(confFile: string) {
  let child: ChildProcess | null = null;
  let text = "";
  return {
    async start() {
      const own = spawn("/usr/sbin/mosquitto", ["-c", confFile], { stdio: ["ignore", "pipe", "pipe"] });
      child = own;
      const before = text.length;
      for (const stream of [own.stdout, own.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      onTestFinished(() => void own.kill("SIGKILL"));
      await eventually(() => expect(text.slice(before)).toMatch(/mosquitto version \S+ running/));
    },
    async stop() {
      const own = child;
      child = null;
      if (own === null) return;
      own.kill("SIGTERM");
      if (own.exitCode === null) await once(own, "exit");
    },
    log: () => text,
    hup: () => child?.kill("SIGHUP"),
  };
}

/** Checks again and again until it holds. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 20 });
}

/** Who listens at a broker, and speaks there; its messages are "topic payload q1 r0". */
export interface Ear {
  readonly messages: readonly string[];
  readonly client: TestClient["client"];
  publish(topic: string, payload: string, qos?: 0 | 1 | 2, retain?: boolean): Promise<void>;
}

/** Connects and subscribes; retained messages keep their flag. */
export async function listen(broker: Broker, filter: string, options: IClientOptions = {}): Promise<Ear> {
  const { client } = await connect(broker.url, { protocolVersion: 5, ...options });
  const messages: string[] = [];
  client.on("message", (topic, payload, { qos, retain }) => {
    if (!topic.startsWith("probe/")) messages.push(`${topic} ${payload.toString()} q${qos}${retain ? " r" : ""}`);
  });
  await client.subscribeAsync(filter, { qos: 2, rap: true });
  return {
    messages,
    client,
    publish: async (topic, payload, qos = 1, retain = false) => {
      await client.publishAsync(topic, payload, { qos, retain });
    },
  };
}

/** What is retained at a broker below a filter, as "topic payload". */
export async function retainedAt(broker: Broker, filter: string): Promise<readonly string[]> {
  const found: string[] = [];
  const { client } = await connect(broker.url, { protocolVersion: 5 });
  client.on("message", (topic, payload) => found.push(`${topic} ${payload.toString()}`));
  await client.subscribeAsync({ [filter]: { qos: 0 }, "probe/end": { qos: 0 } });
  // what is retained comes before what is published now
  const end = new Promise<void>((resolve) => {
    client.on("message", (topic) => topic === "probe/end" && resolve());
  });
  await client.publishAsync("probe/end", "");
  await end;
  await client.endAsync();
  return found.filter((line) => !line.startsWith("probe/end")).toSorted();
}

/** Waits until a bridge with the line PROBE carries messages in both directions. */
export async function linked(a: Broker, b: Broker): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const [{ client: speaker }, { client: hearer }] = [await connect(from.url), await connect(to.url)];
    let isHeard = false;
    const topic = `probe/${Math.random()}`;
    hearer.on("message", () => (isHeard = true));
    await hearer.subscribeAsync(topic);
    await eventually(async () => {
      await speaker.publishAsync(topic, "");
      expect(isHeard, `${a.log()}\n-----\n${b.log()}`).toBe(true);
    });
    await speaker.endAsync();
    await hearer.endAsync();
  }
}

/** The line that linked() needs, in both directions. */
export const PROBE = "topic probe/# both 0\n";

/** A cable between a bridge and a broker, to be cut. */
export interface Cable {
  readonly port: number;
  /** Cuts what is connected; nothing gets through until mend(). */
  cut(): void;
  mend(): void;
}

/** Lays a cable to a port. */
export async function layCable(target: () => number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const other = connectTcp(target(), "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    mend: () => (isCut = false),
  };
}
