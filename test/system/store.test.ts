import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import mqtt, { type IClientOptions, type IConnackPacket } from "mqtt";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { launch, layOut, save, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { storedRows } from "./stored-rows.ts";

const root = join(import.meta.dirname, "..", "..");
const PATIENCE = { timeout: 10_000, interval: 20 };
const url = (broker: Running): string => `mqtt://127.0.0.1:${broker.port("mqtt")}`;
const lasting = (clientId: string, seconds = 1000) =>
  ({ clientId, clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: seconds } }) as const;

const withOptions = (options: object, files: Readonly<Record<string, string>> = {}): Folders =>
  layOut({ "data/options.json": JSON.stringify({ anonymous: true, ...options }), ...files });

async function kill(broker: Running): Promise<void> {
  broker.signal("SIGKILL");
  await broker.ended;
}

/** What a new client finds on all topics. */
async function retainedOf(broker: Running, expected: readonly string[]): Promise<void> {
  const client = await connect(url(broker));
  await client.client.subscribeAsync("#");
  await client.received(expected);
}

describe("after a crash", () => {
  test("the clocks of sessions and wills go on", async () => {
    const folders = withOptions({ store_interval: 0 });
    const first = await startAddon(folders);
    const watcher = await connect(url(first), lasting("watcher"));
    await watcher.client.subscribeAsync("gone", { qos: 1 });
    for (const [clientId, seconds] of [
      ["short", 1],
      ["long", 1000],
    ] as const) {
      const { client } = await connect(url(first), lasting(clientId, seconds));
      await client.endAsync();
    }
    const properties = { willDelayInterval: 2 };
    await connect(url(first), {
      ...lasting("dying"),
      will: { topic: "gone", payload: Buffer.from("dying"), qos: 1, retain: false, properties },
    });
    await vi.waitFor(() => {
      expect(storedRows(folders, "session WHERE left_at_ms > 0 OR will IS NOT NULL")).toBe(3);
    }, PATIENCE);
    await kill(first);
    // the time while the broker is off counts
    await vi.waitFor(() => {
      expect(storedRows(folders, `session WHERE client_id = 'short' AND left_at_ms + 1000 < ${Date.now()}`)).toBe(1);
    }, PATIENCE);
    const second = await startAddon(folders);
    const startedAtMs = performance.now();
    const again = await resume(second, lasting("watcher"));
    await again.received(["gone dying"]);
    expect(performance.now() - startedAtMs).toBeGreaterThan(1000);
    for (const [clientId, isKnown] of [
      ["short", false],
      ["long", true],
    ] as const) {
      expect((await resume(second, lasting(clientId))).sessionPresent).toBe(isKnown);
    }
  });

  test("rules and users that changed meanwhile count for what waited", async () => {
    const folders = withOptions(
      {
        customize: { active: true, folder: "mosquitto" },
        anonymous: false,
        logins: [login("alice"), login("pub"), login("bob")],
      },
      {
        "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
        "share/mosquitto/acl": "user alice\ntopic read #\nuser bob\ntopic read #\nuser pub\ntopic write #\n",
      },
    );
    const first = await startAddon(folders);
    for (const name of ["alice", "bob"]) {
      const { client } = await connect(url(first), { ...lasting(`of ${name}`), username: name, password: "x" });
      await client.subscribeAsync("#", { qos: 1 });
      await client.endAsync();
    }
    const { client: publisher } = await connect(url(first), { username: "pub", password: "x" });
    for (const topic of ["open", "secret", "end"]) await publisher.publishAsync(topic, "x", { qos: 1 });
    expect(await first.stop()).toBe(0);
    save(join(folders.share, "mosquitto/acl"), "user alice\ntopic read open\ntopic read end\nuser bob\ntopic read #\n");
    save(
      join(folders.data, "options.json"),
      JSON.stringify({ customize: { active: true, folder: "mosquitto" }, logins: [login("alice")] }),
    );
    const second = await startAddon(folders);
    const alice = await resume(second, { ...lasting("of alice"), username: "alice", password: "x" });
    await alice.received(["open x", "end x"]);
    expect(await refusal(url(second), { ...lasting("of bob"), username: "bob", password: "x" })).not.toBe(0);
    // with the user went the session: whoever takes his client id finds nothing of it
    const taker = await resume(second, { ...lasting("of bob"), username: "alice", password: "x" });
    expect(taker.sessionPresent).toBe(false);
  });
});

/** Takes up a session; what waited may come with the CONNACK. */
async function resume(broker: Running, options: IClientOptions) {
  const client = mqtt.connect(url(broker), { reconnectPeriod: 0, ...options });
  onTestFinished(() => client.endAsync(true));
  const messages: string[] = [];
  client.on("message", (topic, payload) => messages.push(`${topic} ${payload.toString()}`));
  const { sessionPresent } = await new Promise<IConnackPacket>((resolve, reject) => {
    client.once("connect", resolve).once("error", reject);
  });
  return {
    sessionPresent,
    received: (expected: readonly string[]) => vi.waitFor(() => expect(messages).toEqual(expected), PATIENCE),
  };
}

function login(username: string): object {
  return { username, password: "x" };
}

describe("a store that cannot be used", () => {
  test("because it is damaged is left alone, and the broker runs from memory", async () => {
    const garbage = "this is no database, whatever its name says. ".repeat(100);
    const folders = withOptions({}, { "data/culex.db": garbage });
    const broker = await startAddon(folders);
    expect(await broker.line(/culex\.db/)).toContain(
      "error: culex.db: the store is damaged or cannot be read (file is not a database). It is left as it is, and sessions and retained messages are kept in memory only. Restore the file from a backup, or move it away to start with an empty one.",
    );
    await works(broker);
    expect(await broker.stop()).toBe(0);
    expect(readFileSync(join(folders.data, "culex.db"), "utf8")).toBe(garbage);
  });

  test("because a newer version wrote it is left alone, and the broker runs from memory", async () => {
    const folders = withOptions({});
    const first = await startAddon(folders);
    await works(first);
    await first.stop();
    const path = join(folders.data, "culex.db");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 2");
    database.close();
    const before = readFileSync(path);
    const second = await startAddon(folders);
    expect(await second.line(/culex\.db/)).toContain(
      "error: culex.db: this store was not written by this version (database version 2). It is left as it is, and sessions and retained messages are kept in memory only. Install the newer version again, or move the file away to start with an empty one.",
    );
    await works(second);
    expect(await second.stop()).toBe(0);
    expect(readFileSync(path)).toEqual(before);
  });

  test("because the folder is missing is said", async () => {
    const broker = await standAlone("/nowhere/at/all");
    expect(await broker.line(/culex\.db/)).toContain(
      "error: culex.db: the folder /nowhere/at/all cannot be written (ENOENT). Sessions and retained messages are kept in memory only and end with this run. Make the folder writable and restart.",
    );
    await works(broker);
  });
});

const canMount = spawnSync("unshare", ["--mount", "true"]).status === 0;

describe.skipIf(!canMount)(`a disk${canMount ? "" : " (needs root, to mount one)"}`, () => {
  test("that cannot be written is said, and the broker runs from memory", async () => {
    const folder = disk("ro,size=1m");
    const broker = await standAlone(folder);
    expect(await broker.line(/culex\.db/)).toContain(
      `error: culex.db: the folder ${folder} cannot be written (EROFS). Sessions and retained messages are kept in memory only and end with this run. Make the folder writable and restart.`,
    );
    await works(broker);
  });

  test("that is full is said once, the broker runs on, and what was stored stays", async () => {
    const folder = disk("size=400k");
    const first = await standAlone(folder);
    const { client } = await connect(url(first));
    await client.publishAsync("early", "x", { qos: 1, retain: true });
    await vi.waitFor(() => expect(storedRows({ data: folder }, "retained")).toBe(1), PATIENCE);
    await client.publishAsync("large", Buffer.alloc(600_000, "x"), { qos: 1, retain: true });
    expect(await first.line(/cannot be stored/)).toContain(
      "error: culex.db: sessions and retained messages cannot be stored (database or disk is full). The broker runs on from memory and tries again every 30 seconds; what is stored stays as it is. Free some space on the disk, or check that it can be written.",
    );
    await client.publishAsync("large", "", { qos: 1, retain: true });
    await client.publishAsync("late", "x", { qos: 1, retain: true });
    await retainedOf(first, ["early x", "late x"]);
    await kill(first);
    await retainedOf(await standAlone(folder), ["early x"]);
  });
});

/** A small disk of its own, mounted until the test is over. */
function disk(options: string): string {
  const folder = join(tempFolder(), "disk");
  save(join(folder, "placeholder"), "");
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return folder;
}

async function standAlone(location: string): Promise<Running> {
  const conf = join(tempFolder(), "mosquitto.conf");
  save(
    conf,
    `listener ${await freePort()} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${location}\n`,
  );
  const broker = launch(["src/main.ts", "-c", conf]);
  await broker.line(/ ready: /);
  return broker;
}

async function works(broker: Running): Promise<void> {
  const client = await connect(url(broker));
  await client.client.subscribeAsync("t");
  await client.client.publishAsync("t", "x", { qos: 1, retain: true });
  await client.received(["t x"]);
}

describe("culex backup", () => {
  const culex = (...args: string[]) =>
    spawnSync(process.execPath, ["src/main.ts", ...args], { cwd: root, encoding: "utf8", timeout: 20_000 });

  test("copies the store of a running broker, and an app that finds only the copy goes on from it", async () => {
    const folders = withOptions({});
    const [store, copy] = [join(folders.data, "culex.db"), join(folders.data, "culex-backup.db")];
    const first = await startAddon(folders);
    await works(first);
    await vi.waitFor(() => expect(storedRows(folders, "retained")).toBe(1), PATIENCE);
    expect(culex("backup", store, copy)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    await kill(first);
    for (const end of ["", "-wal", "-shm"]) rmSync(`${store}${end}`, { force: true });
    const second = await startAddon(folders);
    expect(await second.line(/was missing/)).toContain(
      "culex.db was missing: sessions and retained messages are those of culex-backup.db",
    );
    await retainedOf(second, ["t x"]);
    expect(existsSync(copy)).toBe(false);
  });

  test("has nothing to complain about when nothing is stored, so that a backup of Home Assistant goes on", () => {
    const folder = tempFolder();
    const store = join(folder, "culex.db");
    expect(culex("backup", store, join(folder, "copy.db"))).toMatchObject({
      status: 0,
      stdout: `${store} is not there: nothing is stored, and no backup was written.\n`,
    });
  });

  test("says why it failed", () => {
    const folder = tempFolder();
    const [store, copy] = [join(folder, "culex.db"), join(folder, "copy.db")];
    writeFileSync(store, "this is no database, whatever its name says. ".repeat(100));
    expect(culex("backup", store, copy)).toMatchObject({
      status: 2,
      stderr: `${store}: the backup failed (file is not a database). ${copy} stays as it was. Free some space, or see in the broker's log what is wrong with the store.\n`,
    });
  });
});

test("a change of the store's settings waits for a restart, and says so", async () => {
  const folders = withOptions(
    { customize: { active: true, folder: "mosquitto" } },
    { "share/mosquitto/a.conf": "max_packet_size 1000000\n" },
  );
  const path = join(folders.data, "culex.db");
  const broker = await startAddon(folders);
  save(join(folders.share, "mosquitto/a.conf"), "autosave_interval 60\n");
  expect(await broker.line(/session store changed/)).toContain(
    `warning: The settings of the session store changed: ${path}, written every 60 seconds. It takes effect after a restart; until then it is ${path}, written every 30 seconds. Restart the broker.`,
  );
  save(join(folders.share, "mosquitto/a.conf"), "persistence false\n");
  expect(await broker.line(/changed: nothing is stored/)).toContain(`until then it is ${path}`);
});
