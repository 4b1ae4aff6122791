import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import type { Problem } from "../../../src/core/types.ts";
import { openStorage, type Storage, type StorageOptions } from "../../../src/broker/storage/storage.ts";
import { createHouse, type House, START_MS, STOPPED, type TestClient } from "../engine-house.ts";
import { ack, publish, publishes, subscribe, texts } from "../packets-of.ts";

const lasting = (seconds: number) =>
  ({ version: 5, clean: false, properties: { sessionExpiryInterval: seconds } }) as const;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "culex-store-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(path: string, more: Partial<StorageOptions> = {}): Storage {
  const options = { path, intervalMs: 30_000, mode: "interval", now: () => START_MS, report: () => undefined } as const;
  const storage = openStorage({ ...options, ...more });
  if (storage.kind !== "open") throw new Error(storage.problem.what);
  onTestFinished(() => storage.close());
  return storage;
}

const stored = (storage: Storage): Promise<void> => new Promise((resolve) => storage.journal.afterStored(resolve));

/** What the next run finds after the process was killed: the files as they are, from another folder. */
async function afterKill(storage: Storage, path: string): Promise<Storage> {
  await stored(storage);
  const copy = join(folder(), "culex.db");
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  return open(copy);
}

function count(path: string, table: string): number {
  const database = new DatabaseSync(path);
  const row = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get();
  database.close();
  return Number(row?.["rows"]);
}

describe.each(["stopped", "killed"])("a broker that was %s", (how) => {
  async function restart(
    build: (house: House) => void | Promise<void>,
    waitedMs = 0,
    refused: readonly string[] = [],
  ): Promise<House> {
    const path = join(folder(), "culex.db");
    const first = open(path);
    const house = createHouse({}, first);
    await build(house);
    let second: Storage;
    if (how === "killed") second = await afterKill(first, path);
    else {
      house.engine.stop(STOPPED);
      await first.close();
      second = open(path);
    }
    return createHouse({}, second, START_MS + waitedMs, refused);
  }

  it("asks anew about each subscription, a shared one by its whole filter", async () => {
    const build = ({ connect }: House): void => {
      connect("c", lasting(1000)).send(subscribe("$share/g/s/#", 0), subscribe("t", 0), subscribe("u", 0));
    };
    const house = await restart(build, 0, ["subscribe $share/g/s/#", "subscribe u"]);
    const client = house.connect("c", lasting(1000));
    house.connect("pub").send(publish("s/1", "x"), publish("t", "x"), publish("u", "x"));
    expect(texts(client.take())).toEqual(["t=x"]);
  });

  it("sends the rest of the retained messages that a subscription was owed", async () => {
    const house = await restart(({ connect }) => {
      const publisher = connect("pub");
      for (let n = 0; n < 6; n++) publisher.send(publish(`r/${n}`, "v", { qos: 1, retain: true, messageId: 9 }));
      const narrow = {
        version: 5,
        clean: false,
        properties: { sessionExpiryInterval: 100, receiveMaximum: 2 },
      } as const;
      const client = connect("c", narrow);
      client.send(subscribe("r/#", 1));
      client.drop();
    });
    const client = house.connect("c", lasting(100));
    const seen = new Set<string>();
    await vi.waitFor(() => {
      for (const { topic, messageId } of publishes(client.take())) {
        seen.add(topic);
        client.send(ack("puback", messageId ?? 0));
      }
      expect(seen.size).toBe(6);
    }, SOON);
  });

  it("knows when they were all sent, and does not begin again", async () => {
    const house = await restart(async ({ connect }) => {
      connect("pub").send(publish("r", "v", { retain: true }));
      const client = connect("c", lasting(100));
      client.send(subscribe("r"));
      await vi.waitFor(() => expect(texts(client.packets)).toEqual(["r=v"]), SOON);
      client.drop();
    });
    house.connect("c", lasting(100));
    expect(house.engine.sessions.get("c")?.replays).toBeNull();
  });

  it("knows sessions, subscriptions with their options, and what waited, in order and with its properties", async () => {
    const house = await restart(({ connect }) => {
      const client = connect("c", lasting(1000));
      client.send(subscribe("t/#", 1, { nl: true, rap: true }, { subscriptionIdentifier: 7 }), subscribe("gone", 1), {
        cmd: "unsubscribe",
        messageId: 1,
        unsubscriptions: ["gone"],
      });
      client.drop();
      const properties = { contentType: "ü", userProperties: { a: "1" }, messageExpiryInterval: 100 };
      connect("pub", { version: 5 }).send(
        publish("t/ä", "ÿ€", { qos: 2, properties, retain: true }),
        publish("t/b", "second", { qos: 1, messageId: 2 }),
        publish("gone", "x", { qos: 1, messageId: 3 }),
      );
    }, 40_000);
    expect(house.engine.counters.subscriptions).toBe(1);
    const client = house.connect("c", lasting(1000));
    expect(client.sessionPresent).toBe(true);
    expect(publishes(client.take())).toMatchObject([
      {
        topic: "t/ä",
        payload: Buffer.from("ÿ€"),
        qos: 1,
        retain: true,
        properties: {
          contentType: "ü",
          userProperties: { a: "1" },
          messageExpiryInterval: 60,
          subscriptionIdentifier: 7,
        },
      },
      { topic: "t/b", payload: Buffer.from("second") },
    ]);
    client.send(publish("t/own", "not for me"));
    house.connect("pub").send(publish("t/live", "x"));
    expect(texts(client.take())).toEqual(["t/live=x"]);
  });

  it("repeats what was in flight with its ids, and goes on with handshakes", async () => {
    const ids: number[] = [];
    const house = await restart(async ({ connect }) => {
      const client = connect("c", { clean: false });
      client.send(subscribe("t", 2));
      client.take();
      connect("pub").send(
        publish("t", "1", { qos: 1, messageId: 1 }),
        publish("t", "2", { qos: 2, messageId: 2 }),
        publish("t", "done", { qos: 1, messageId: 3 }),
      );
      await vi.waitFor(() => expect(texts(client.packets)).toEqual(["t=1", "t=done", "t=2"]), SOON);
      ids.push(...publishes(client.take()).map(({ messageId }) => messageId ?? 0));
      client.send(ack("pubrec", ids[2] ?? 0), ack("puback", ids[1] ?? 0));
      const publisher = connect("sender", { clean: false });
      publisher.send(publish("other", "x", { qos: 2, messageId: 9 }));
    });
    const client = house.connect("c", { clean: false });
    await vi.waitFor(() => expect(client.packets).toHaveLength(2), SOON);
    expect(client.take()).toMatchObject([
      { cmd: "publish", messageId: ids[0], dup: true, payload: Buffer.from("1") },
      { cmd: "pubrel", messageId: ids[2] },
    ]);
    const watcher = house.connect("w");
    watcher.send(subscribe("other"));
    const sender = house.connect("sender", { clean: false });
    sender.send(publish("other", "x", { qos: 2, messageId: 9, dup: true }), ack("pubrel", 9));
    expect(texts(watcher.take())).toEqual([]);
  });

  it("knows retained messages, without those that were deleted or expired", async () => {
    const house = await restart(({ connect }) => {
      const publisher = connect("pub", { version: 5 });
      publisher.send(
        publish("keep", "v", { retain: true }),
        publish("delete", "v", { retain: true }),
        publish("delete", "", { retain: true }),
        publish("short", "v", { retain: true, properties: { messageExpiryInterval: 5 } }),
        publish("long", "v", { retain: true, properties: { messageExpiryInterval: 60 } }),
      );
    }, 10_000);
    expect([...house.engine.retained.messages()].map(({ topic }) => topic).toSorted()).toEqual(["keep", "long"]);
    house.passTime(51_000);
    expect(house.engine.retained.count).toBe(1);
  });

  it("ends sessions whose time is over, and the clocks of the others go on", async () => {
    const house = await restart(({ connect }) => {
      connect("short", lasting(5)).drop();
      connect("long", lasting(20)).drop();
      connect("clean");
    }, 10_000);
    expect([...house.engine.sessions.keys()]).toEqual(["long"]);
    house.passTime(11_000);
    expect(house.engine.sessions.size).toBe(0);
  });

  it("sends a delayed will when it is due, and not when the client is back", async () => {
    const will = (topic: string) =>
      ({ topic, payload: Buffer.from("gone"), qos: 1, retain: false, properties: { willDelayInterval: 20 } }) as const;
    const house = await restart(({ connect }) => {
      connect("w", { clean: false }).send(subscribe("#", 1));
      connect("lost", { ...lasting(1000), will: will("lost") }).drop();
      connect("back", { ...lasting(1000), will: will("back") }).drop();
    }, 10_000);
    const watcher = house.connect("w", { clean: false });
    house.connect("back", lasting(1000));
    expect(texts(watcher.take())).toEqual([]);
    house.passTime(11_000);
    expect(texts(watcher.take())).toEqual(["lost=gone"]);
  });

  it("sends the will of a client that was connected to the last", async () => {
    const will = { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
    const house = await restart(({ connect }) => {
      connect("c", { ...lasting(1000), will });
    });
    expect(house.engine.retained.get("will")?.body).toBe("gone");
  });

  it("hands over what waited for a member of a shared subscription", async () => {
    const house = await restart(({ connect }) => {
      const away = connect("away", lasting(5));
      away.send(subscribe("$share/g/t", 1));
      away.drop();
      connect("pub").send(publish("t", "x", { qos: 1 }));
      const heir = connect("heir", { clean: false });
      heir.send(subscribe("$share/g/t", 1));
      heir.drop();
    }, 10_000);
    expect(texts(house.connect("heir", { clean: false }).take())).toEqual(["t=x"]);
  });
});

/** Longer than a thread and a disk ever take, on a machine with much else to do. */
const SOON = { timeout: 10_000, interval: 20 };

describe("what is written", () => {
  it("leaves out messages that were acknowledged before the write, and what is not persistent", async () => {
    const path = join(folder(), "culex.db");
    const storage = open(path);
    const { connect } = createHouse({}, storage);
    const kept = connect("kept", { clean: false });
    kept.send(subscribe("t", 1));
    kept.take();
    connect("clean").send(subscribe("t", 1));
    connect("pub").send(publish("t", "x", { qos: 1 }), publish("t", "y", { qos: 1, messageId: 2 }));
    const [first] = publishes(kept.take());
    kept.send(ack("puback", first?.messageId ?? 0));
    await stored(storage);
    const counts = ["session", "subscription", "message", "delivery"].map((table) => count(path, table));
    expect(counts).toEqual([1, 1, 1, 1]);
  });

  it("drops a message when the last delivery of it is over", async () => {
    const path = join(folder(), "culex.db");
    const storage = open(path);
    const { connect, engine } = createHouse({}, storage);
    for (const name of ["a", "b"]) {
      const client = connect(name, { clean: false });
      client.send(subscribe("t", 1));
      client.drop();
    }
    connect("pub").send(publish("t", "x", { qos: 1 }));
    await stored(storage);
    expect([count(path, "message"), count(path, "delivery")]).toEqual([1, 2]);
    const client = connect("a", { clean: false });
    client.send(ack("puback", publishes(client.take())[0]?.messageId ?? 0));
    await stored(storage);
    expect([count(path, "message"), count(path, "delivery")]).toEqual([1, 1]);
    engine.endSession("b", STOPPED);
    await stored(storage);
    expect([count(path, "message"), count(path, "delivery"), count(path, "session")]).toEqual([0, 0, 1]);
  });

  it("can be read by the broker's user alone", async () => {
    const path = join(folder(), "culex.db");
    const storage = open(path);
    createHouse({}, storage)
      .connect("pub")
      .send(publish("t", "x", { retain: true }));
    await stored(storage);
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("of a clean start is written within a second: a crash must not bring the old session back", async () => {
    const path = join(folder(), "culex.db");
    const storage = open(path, { intervalMs: 3_600_000 });
    const { connect } = createHouse({}, storage);
    const old = connect("c", lasting(1000));
    old.send(subscribe("t", 1));
    old.drop();
    await stored(storage);
    expect([count(path, "session"), count(path, "subscription")]).toEqual([1, 1]);
    connect("c", { ...lasting(1000), clean: true });
    await vi.waitFor(() => expect(count(path, "subscription")).toBe(0), SOON);
    expect(count(path, "session")).toBe(1);
    connect("c");
    await vi.waitFor(() => expect(count(path, "session")).toBe(0), SOON);
  });

  it("of a clean start is written at once where nothing may be lost", async () => {
    const storage = open(join(folder(), "culex.db"), { mode: "always" });
    const { connect } = createHouse({}, storage);
    connect("c", lasting(1000)).drop();
    await stored(storage);
    connect("c");
    expect(storage.journal.hasUnstored).toBe(true);
    // the next turn of the clock; whatever is only urgent waits for a second
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(storage.journal.hasUnstored).toBe(false);
  });

  it("is written within a second without being asked", async () => {
    const path = join(folder(), "culex.db");
    const { connect } = createHouse({}, open(path));
    connect("pub").send(publish("t", "x", { retain: true }));
    await vi.waitFor(() => expect(count(path, "retained")).toBe(1), SOON);
  });

  it("comes before the acknowledgement in the mode always", async () => {
    const path = join(folder(), "culex.db");
    const { connect } = createHouse({}, open(path, { mode: "always" }));
    const publisher = connect("pub", { version: 5, properties: { sessionExpiryInterval: 100 } });
    publisher.send(subscribe("s", 1), { cmd: "unsubscribe", messageId: 1, unsubscriptions: ["none"] });
    expect(publisher.take()).toEqual([]);
    await vi.waitFor(() => expect(publisher.packets).toHaveLength(2), SOON);
    expect(publisher.take().map(({ cmd }) => cmd)).toEqual(["suback", "unsuback"]);
    expect(count(path, "subscription")).toBe(1);
    publisher.send(publish("t", "x", { qos: 1, retain: true }), publish("u", "y", { qos: 2, messageId: 2 }));
    expect(publisher.take()).toEqual([]);
    await vi.waitFor(() => expect(publisher.packets).toHaveLength(2), SOON);
    expect(publisher.take().map(({ cmd }) => cmd)).toEqual(["puback", "pubrec"]);
    expect([count(path, "retained"), count(path, "inbound")]).toEqual([1, 1]);
  });
});

describe("a QoS 2 handshake of a session that outlives the broker", () => {
  it("takes no step that is not stored, so that a crash repeats and swallows no message", async () => {
    const path = join(folder(), "culex.db");
    const { connect } = createHouse({}, open(path));
    const lastStep = (client: TestClient) => vi.waitFor(() => expect(client.packets).toHaveLength(1), SOON);
    const receiver = connect("receiver", { clean: false });
    receiver.send(subscribe("t", 2));
    receiver.take();
    const sender = connect("sender", { clean: false });

    sender.send(publish("t", "x", { qos: 2, messageId: 9 }));
    expect([...sender.packets, ...receiver.packets]).toEqual([]);
    await lastStep(receiver);
    expect(sender.take()).toMatchObject([{ cmd: "pubrec", messageId: 9 }]);
    expect(receiver.packets).toMatchObject([{ cmd: "publish", dup: false, payload: Buffer.from("x") }]);
    expect([count(path, "inbound"), count(path, "delivery WHERE packet_id = 1")]).toEqual([1, 1]);

    receiver.take();
    receiver.send(ack("pubrec", 1));
    expect(receiver.packets).toEqual([]);
    await lastStep(receiver);
    expect(receiver.take()).toMatchObject([{ cmd: "pubrel", messageId: 1 }]);
    expect(count(path, "delivery WHERE released = 1")).toBe(1);

    sender.send(ack("pubrel", 9));
    expect(sender.packets).toEqual([]);
    await lastStep(sender);
    expect(sender.take()).toMatchObject([{ cmd: "pubcomp", messageId: 9 }]);
    expect(count(path, "inbound")).toBe(0);
  });

  it("waits for nothing when the session ends with the connection", () => {
    const { connect } = createHouse({}, open(join(folder(), "culex.db")));
    connect("other", { clean: false }).send(subscribe("t", 1));
    const receiver = connect("receiver");
    receiver.send(subscribe("t", 2));
    receiver.take();
    const sender = connect("sender");
    sender.send(publish("t", "x", { qos: 2, messageId: 9 }), ack("pubrel", 9));
    expect(sender.take().map(({ cmd }) => cmd)).toEqual(["pubrec", "pubcomp"]);
    expect(texts(receiver.packets)).toEqual(["t=x"]);
    receiver.send(ack("pubrec", publishes(receiver.take())[0]?.messageId ?? 0));
    expect(receiver.take()).toMatchObject([{ cmd: "pubrel" }]);
  });

  it("goes on when the client lost its connection while a step waited", async () => {
    const storage = open(join(folder(), "culex.db"));
    const { connect } = createHouse({}, storage);
    const receiver = connect("receiver", { clean: false });
    receiver.send(subscribe("t", 2));
    connect("sender").send(publish("t", "x", { qos: 2 }));
    receiver.take();
    receiver.drop();
    await stored(storage);
    expect(receiver.packets).toEqual([]);
    const again = connect("receiver", { clean: false });
    await vi.waitFor(() => expect(texts(again.packets)).toEqual(["t=x"]), SOON);
  });
});

test("a file of the first days, without the columns that came later, is taken over", async () => {
  const path = join(folder(), "culex.db");
  const first = open(path);
  const house = createHouse({}, first);
  house.connect("c", lasting(1000)).send(subscribe("t", 1));
  house.engine.stop(STOPPED);
  await first.close();
  const database = new DatabaseSync(path);
  database.exec("ALTER TABLE subscription DROP COLUMN replaying");
  database.exec("ALTER TABLE session DROP COLUMN mount_point");
  database.close();
  const second = open(path);
  const { connect } = createHouse({}, second);
  const client = connect("c", lasting(1000));
  expect(client.sessionPresent).toBe(true);
  client.send(subscribe("u", 1));
  await stored(second);
  expect(count(path, "subscription")).toBe(2);
});

describe("a store that cannot be used", () => {
  const refused = (path: string): Problem => {
    const options = { path, intervalMs: 1000, mode: "interval", now: Date.now, report: () => undefined } as const;
    const storage = openStorage(options);
    if (storage.kind === "open") throw new Error("the store was opened");
    return storage.problem;
  };

  it("is left as it is when it is damaged", () => {
    const path = join(folder(), "culex.db");
    writeFileSync(path, "this is no database, whatever its name says. ".repeat(100));
    const before = readFileSync(path);
    expect(refused(path)).toEqual({
      severity: "error",
      what: "culex.db: the store is damaged or cannot be read (file is not a database).",
      now: "It is left as it is, and sessions and retained messages are kept in memory only.",
      fix: "Restore the file from a backup, or move it away to start with an empty one.",
    });
    expect(readFileSync(path)).toEqual(before);
  });

  it("is left as it is when a newer version or another program wrote it", async () => {
    const path = join(folder(), "culex.db");
    const storage = open(path);
    await stored(storage);
    await storage.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    expect(refused(path)).toEqual({
      severity: "error",
      what: "culex.db: this store was not written by this version (database version 99).",
      now: "It is left as it is, and sessions and retained messages are kept in memory only.",
      fix: "Install the newer version again, or move the file away to start with an empty one.",
    });
    database.exec("PRAGMA user_version = 1; PRAGMA application_id = 1");
    database.close();
    expect(refused(path).what).toContain("another program's database");
  });

  it("is reported when its folder is missing", () => {
    const path = join(folder(), "missing", "culex.db");
    expect(refused(path)).toMatchObject({
      now: "Sessions and retained messages are kept in memory only and end with this run.",
    });
  });

  it("is reported once when writing begins to fail, and gets everything when it works again", async () => {
    const path = join(folder(), "culex.db");
    const reports: (Problem | null)[] = [];
    const storage = open(path, { mode: "always", report: (problem) => reports.push(problem) });
    const { connect } = createHouse({}, storage);
    for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    mkdirSync(path);
    const client = connect("c", { clean: false });
    client.send(subscribe("t", 1));
    client.drop();
    const publisher = connect("pub");
    publisher.send(publish("t", "x", { qos: 1, retain: true }));
    // acknowledged all the same: the broker runs on from memory
    await vi.waitFor(() => expect(publisher.packets).toHaveLength(1), SOON);
    await stored(storage);
    expect(reports).toEqual([
      {
        severity: "error",
        what: "culex.db: sessions and retained messages cannot be stored (unable to open database file).",
        now: "The broker runs on from memory and tries again every 30 seconds; what is stored stays as it is.",
        fix: "Free some space on the disk, or check that it can be written.",
      },
    ]);
    rmdirSync(path);
    await stored(storage);
    expect(reports.at(-1)).toBeNull();
    const counts = ["session", "subscription", "message", "delivery", "retained"].map((table) => count(path, table));
    expect(counts).toEqual([1, 1, 1, 1, 1]);
  });
});
