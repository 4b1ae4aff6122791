import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { layOut, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { createPublisher, createSubscriber, type Publisher } from "./ledger.ts";
import { storedRows } from "./stored-rows.ts";

/** A few in every run; the long proof is made with CULEX_KILL_ROUNDS=200. */
const ROUNDS = Number(process.env["CULEX_KILL_ROUNDS"] ?? 5);
/** What interval mode may lose of QoS 1: a second, and the time that a write takes. */
const WINDOW_MS = 1_500;
const RETAINED_TOPICS = 20;
const PATIENCE = { timeout: 20_000, interval: 20 };

/** What waits is not bounded: a message that a full queue drops is not lost by the kill. */
const limits = { max_queued_messages: 0, max_queued_bytes: 0 };
const withStore = (options: object): Folders =>
  layOut({ "data/options.json": JSON.stringify({ anonymous: true, limits, ...options }) });

/** What SQLite says about the files that a killed broker left, asked of a copy. */
function integrity({ data }: Folders): unknown {
  const copy = join(tempFolder(), "culex.db");
  for (const end of ["", "-wal"]) {
    if (existsSync(join(data, `culex.db${end}`))) copyFileSync(join(data, `culex.db${end}`), `${copy}${end}`);
  }
  const database = new DatabaseSync(copy);
  try {
    return database.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    database.close();
  }
}

async function kill(broker: Running): Promise<number> {
  broker.signal("SIGKILL");
  await broker.ended;
  return performance.now();
}

describe.each([
  { load: "with store_interval 0", storeInterval: 0, mayLoseMs: 0, lifeMs: 800, hasQos2: true },
  { load: "with QoS 1 and 2", storeInterval: 30, mayLoseMs: WINDOW_MS, lifeMs: 800, hasQos2: true },
  // steps of QoS 2 take everything else with them to the disk: alone QoS 1 shows the window
  { load: "with QoS 1 alone", storeInterval: 30, mayLoseMs: WINDOW_MS, lifeMs: 2 * WINDOW_MS, hasQos2: false },
])("a broker under load $load that is killed again and again", ({ storeInterval, mayLoseMs, lifeMs, hasQos2 }) => {
  test(
    "loses nothing beyond the announced window, repeats no QoS 2 message, and its file stays whole",
    { timeout: 60_000 + ROUNDS * 5_000 },
    async () => {
      const folders = withStore({ store_interval: storeInterval });
      const awake = createSubscriber("awake");
      const sleeper = createSubscriber("sleeper");
      const streams = [
        { subscriber: awake, qos: 1, topic: "fast/1", step: 100_000, window: 10 } as const,
        { subscriber: awake, qos: 2, topic: "fast/2", step: 100_000, window: 10 } as const,
        { subscriber: sleeper, qos: 1, topic: "slow/1", step: 60, window: 3 } as const,
        { subscriber: sleeper, qos: 2, topic: "slow/2", step: 60, window: 3 } as const,
      ]
        .filter(({ qos }) => qos === 1 || hasQos2)
        .map((stream) => {
          const { topic, qos, window } = stream;
          return {
            ...stream,
            publisher: createPublisher({ clientId: `to ${topic}`, qos, window, topicOf: () => topic }),
          };
        });
      const keeper = createPublisher({
        clientId: "keeper",
        qos: 1,
        retain: true,
        window: 5,
        topicOf: (number) => `keep/${number % RETAINED_TOPICS}`,
      });
      const publishers = [keeper, ...streams.map(({ publisher }) => publisher)];
      const killedAtMs: number[] = [];
      const mayBeLost = (acknowledgedAtMs: number): boolean =>
        killedAtMs.some((killed) => acknowledgedAtMs <= killed && killed - acknowledgedAtMs < mayLoseMs);

      let broker = await startAddon(folders);
      await sleeper.connect(broker.port("mqtt"));
      await sleeper.subscribe("slow/#");
      await awake.connect(broker.port("mqtt"));
      await awake.subscribe("fast/#");
      for (const publisher of publishers) await publisher.connect(broker.port("mqtt"));
      keeper.publishUpTo(RETAINED_TOPICS);
      await vi.waitFor(() => expect(keeper.isDone()).toBe(true), PATIENCE);
      await vi.waitFor(() => expect(storedRows(folders, "session")).toBe(publishers.length + 2), PATIENCE);

      for (let round = 1; round <= ROUNDS; round++) {
        for (const { publisher, step } of streams) publisher.publishUpTo(publisher.sent() + step);
        keeper.publishUpTo(keeper.sent() + 100_000);
        await wait(Math.random() * lifeMs);
        for (const { publisher } of streams) publisher.publishUpTo(0);
        keeper.publishUpTo(0);
        killedAtMs.push(await kill(broker));
        expect(integrity(folders)).toBe("ok");
        broker = await startAddon(folders);
        const port = broker.port("mqtt");
        await expectRetained(broker, keeper, mayBeLost);
        expect(await awake.connect(port)).toBe(true);
        sleeper.drop();
        const awaking = round % 3 === 0 || round === ROUNDS ? [sleeper] : [];
        for (const client of [...awaking, ...publishers]) expect(await client.connect(port)).toBe(true);
      }

      await vi.waitFor(() => expect(publishers.filter(({ isDone }) => !isDone())).toEqual([]), PATIENCE);
      for (const { publisher, subscriber, topic, qos } of streams) {
        const times = (number: number): number => subscriber.received.get(topic)?.[number] ?? 0;
        const numbers = Array.from({ length: publisher.sent() }, (_, number) => number);
        const lost = (): readonly number[] =>
          numbers.filter((number) => {
            return times(number) === 0 && (qos === 2 || !mayBeLost(publisher.acknowledgedAtMs[number] ?? 0));
          });
        await vi.waitFor(() => expect({ topic, lost: lost() }).toEqual({ topic, lost: [] }), PATIENCE);
        const repeated = qos === 2 ? numbers.filter((number) => times(number) > 1) : [];
        expect({ topic, repeated }).toEqual({ topic, repeated: [] });
        expect(numbers.length).toBeGreaterThan(ROUNDS);
      }
      expect(await broker.stop()).toBe(0);
    },
  );
});

/** Every retained topic has the last value that was acknowledged for it, or a later one. */
async function expectRetained(broker: Running, keeper: Publisher, mayBeLost: (ms: number) => boolean): Promise<void> {
  const newest = new Map<string, number>();
  const { client } = await connect(`mqtt://127.0.0.1:${broker.port("mqtt")}`, { protocolVersion: 5 });
  client.on("message", (topic, payload) => newest.set(topic, Number(payload.toString())));
  await client.subscribeAsync("keep/#");
  await vi.waitFor(() => expect(newest.size).toBe(RETAINED_TOPICS), PATIENCE);
  const acknowledged = new Map<string, number>();
  for (const [number, atMs] of keeper.acknowledgedAtMs.entries()) {
    if (atMs !== undefined && !mayBeLost(atMs)) acknowledged.set(`keep/${number % RETAINED_TOPICS}`, number);
  }
  const stale = [...acknowledged].filter(([topic, number]) => (newest.get(topic) ?? -1) < number);
  expect(stale).toEqual([]);
  await client.endAsync(true);
}
