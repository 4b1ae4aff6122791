import { duplexPair, type Duplex } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Aedes } from "aedes";
import { expect, onTestFinished, test, vi } from "vitest";
import { createBroker } from "../../src/broker/broker.ts";
import { createLogger } from "../../src/core/logger.ts";
import { snapshotOf } from "../helpers/snapshot.ts";
import { connectPacket, encode, publish, subscribe } from "./wire.ts";

const CONNACK_BYTES = 4;

async function start() {
  const listen = vi.spyOn(Aedes.prototype, "listen");
  onTestFinished(() => listen.mockRestore());
  const log = createLogger(() => ({ types: new Set(), sinks: [] }));
  const snapshot = snapshotOf();
  const broker = await createBroker({
    current: () => snapshot,
    record: () => undefined,
    log,
    storage: null,
    control: () => undefined,
  });
  onTestFinished(() => broker.stop());
  const info = { listener: "1883", address: "127.0.0.1", tls: null };
  return {
    broker,
    /** A connection without the operating system in between. */
    open(): Duplex {
      const [near, far] = duplexPair();
      far.on("end", () => far.end());
      far.on("error", () => undefined);
      broker.accept(near, info);
      return far;
    },
    /** Names that aedes holds. */
    registered(): readonly string[] {
      const aedes = listen.mock.contexts.at(-1);
      if (!(aedes instanceof Aedes)) throw new Error("aedes was not started");
      return Object.keys(Reflect.get(aedes, "clients"));
    },
  };
}

function answered(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= CONNACK_BYTES) resolve();
    });
  });
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no garbage collector to call");
  collect();
}

test("10,000 connections that come, subscribe, publish and go leave nothing behind", { timeout: 60_000 }, async () => {
  const { broker, open, registered } = await start();
  const work = Buffer.concat([encode(subscribe(["a/+", "#"], 1), 4), encode(publish("a/b", "x"), 4)]);
  const round = async (first: number): Promise<void> => {
    const clients = Array.from({ length: 100 }, async (_, n) => {
      const client = open();
      const isLetIn = answered(client);
      client.write(encode(connectPacket(`client-${first + n}`, 4), 4));
      await isLetIn;
      const closed = new Promise((resolve) => client.once("close", resolve));
      client.write(work);
      // Half of them say goodbye, half just vanish.
      if (n % 2 === 0) client.write(Buffer.from("e000", "hex"));
      else client.destroy();
      await closed;
    });
    await Promise.all(clients);
  };
  let settled = 0;
  for (let first = 0; first < 10_000; first += 100) {
    await round(first);
    if (first !== 2_900) continue;
    collectGarbage();
    settled = process.memoryUsage().heapUsed;
  }
  await vi.waitFor(() => expect(broker.sessions()).toEqual([]));
  await vi.waitFor(() => expect(registered()).toEqual([]));
  const grown = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed - settled;
  };
  // 7,000 connections later; one that stayed would cost some 10 kB. The last ones may linger for two seconds.
  await expect.poll(grown, { timeout: 10_000, interval: 500 }).toBeLessThan(25_000_000);
});

test("one client id that is fought over by 500 connections belongs to one of them in the end", async () => {
  const { broker, open } = await start();
  const streams = Array.from({ length: 500 }, (_, n) => {
    const client = open();
    client.resume();
    client.write(encode(connectPacket("dev", n % 2 === 0 ? 4 : 5), n % 2 === 0 ? 4 : 5));
    if (n % 7 === 3) client.destroy();
    return client;
  });
  const last = streams.at(-1);
  const others = streams.slice(0, -1).map((client) => new Promise((resolve) => client.once("close", resolve)));
  await Promise.all(others);
  await vi.waitFor(() => expect(broker.sessions()).toHaveLength(1));
  expect(last?.destroyed).toBe(false);
  last?.destroy();
  await vi.waitFor(() => expect(broker.sessions()).toEqual([]));
});

test("connections that are cut at every byte of a session leave nothing behind", async () => {
  const { broker, open, registered } = await start();
  const session = Buffer.concat([
    encode(connectPacket("dev", 5, { will: { topic: "w", payload: Buffer.from("x"), qos: 1, retain: true } }), 5),
    encode(subscribe(["#"], 2), 5),
    encode(publish("t", "x", { qos: 2, messageId: 1 }), 5),
    Buffer.from("6202000 1e000".replace(" ", ""), "hex"),
  ]);
  for (let cut = 0; cut <= session.length; cut++) {
    for (const end of ["end", "destroy"] as const) {
      const client = open();
      client.resume();
      const closed = new Promise((resolve) => client.once("close", resolve));
      client.write(session.subarray(0, cut), () => client[end]());
      await closed;
    }
  }
  await vi.waitFor(() => expect(broker.sessions()).toEqual([]));
  await vi.waitFor(() => expect(registered()).toEqual([]));
});
