import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { comeBack, fill } from "../broker/mosquitto-db/scene.ts";
import { subscribe } from "../broker/packets-of.ts";
import { join as joinBroker, subscribed } from "../broker/talker.ts";
import { makePair } from "../helpers/certificates.ts";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub } from "../helpers/mosquitto.ts";
import { startLasting } from "../helpers/mosquitto-broker.ts";
import { connect } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { startSupervisor } from "../helpers/supervisor.ts";
import { tempFolder } from "../helpers/temp.ts";
import { storedRows } from "./stored-rows.ts";

const root = join(import.meta.dirname, "..", "..");

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `culex import`; `input` is what stands on standard input. */
function culexImport(args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["src/main.ts", "import", ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  // it may end before it reads
  child.stdin.on("error", () => undefined).end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/** A Culex with its store in `folder`. */
async function standAlone(folder: string, lines: readonly string[] = ["allow_anonymous true"]): Promise<Running> {
  const conf = join(tempFolder(), "mosquitto.conf");
  save(
    conf,
    [`listener ${await freePort()} 127.0.0.1`, "persistence true", `persistence_location ${folder}`, ...lines, ""].join(
      "\n",
    ),
  );
  const broker = launch(["src/main.ts", "-c", conf]);
  await broker.line(/ ready: /);
  return broker;
}

/** A mosquitto.db with retained messages, in a folder of its own. */
async function databaseWith(messages: Readonly<Record<string, string>>): Promise<string> {
  const mosquitto = await startLasting();
  for (const [topic, payload] of Object.entries(messages)) {
    expect(await mosquittoPub(mosquitto.port, ["-t", topic, "-m", payload, "-r", "-q", "1"])).toMatchObject({
      code: 0,
    });
  }
  await mosquitto.stop();
  return mosquitto.database;
}

async function retainedOf(broker: Running, expected: readonly string[]): Promise<void> {
  const { client, received } = await connect(`mqtt://127.0.0.1:${broker.port("mqtt")}`);
  await client.subscribeAsync("#");
  await received(expected);
}

describeWith(["mosquitto", "mosquitto_pub", "mosquitto_passwd"], "culex import of a file", () => {
  test("takes it over: clients get from Culex what they would have got from mosquitto", async () => {
    const before = await startLasting();
    await fill(before.port);
    await before.stop();
    const folder = tempFolder();
    const file = join(folder, "copy-of-mosquitto.db");
    copyFileSync(before.database, file);

    const store = join(folder, "culex.db");
    expect(await culexImport([file, "--into", store])).toEqual({
      status: 0,
      stdout: `${file}: 5 retained messages, 5 sessions, 7 subscriptions and 17 queued messages imported into ${store}.\n`,
      stderr: "",
    });
    const broker = await standAlone(folder);
    const fromCulex = await comeBack(broker.port("mqtt"));

    const after = await startLasting(join(before.database, ".."));
    expect(fromCulex).toEqual(await comeBack(after.port));
  });

  test("keeps a session for a user of the same name, and ends one of which nobody knows", async () => {
    const mosquitto = await startLasting();
    for (const username of ["ann", "gone"]) {
      const talker = await joinBroker(mosquitto.port, `of ${username}`, { version: 4, clean: false, username });
      await (await subscribed(talker, subscribe("t", 1))).drop();
    }
    await mosquitto.stop();
    const folder = tempFolder();
    expect(await culexImport([mosquitto.database, "--into", join(folder, "culex.db")])).toMatchObject({ status: 0 });
    const passwords = join(folder, "passwd");
    execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "ann", "x"]);
    const broker = await standAlone(folder, ["allow_anonymous false", `password_file ${passwords}`]);
    expect(await broker.line(/lost its stored session/)).toContain(
      "Device of gone (user gone) lost its stored session: nobody is called gone here.",
    );
    expect(await broker.stop()).toBe(0);
    expect(storedRows({ data: folder }, "session WHERE client_id = 'of ann'")).toBe(1);
    expect(storedRows({ data: folder }, "session")).toBe(1);
  });

  test("adds to a store and leaves what it has, unless it is to be replaced", async () => {
    const store = join(tempFolder(), "culex.db");
    const first = await databaseWith({ "a/1": "first", "a/2": "first" });
    const second = await databaseWith({ "a/2": "second", "a/3": "second" });
    expect(await culexImport([first, "--into", store])).toMatchObject({ status: 0 });
    expect(await culexImport([second, "--into", store])).toEqual({
      status: 0,
      stdout: `${second}: 1 retained message, 0 sessions, 0 subscriptions and 0 queued messages imported into ${store}.\nNot imported: 1 retained message (the store has one of the same topic, which stays).\n`,
      stderr: "",
    });
    expect(await culexImport([second, "--into", store, "--replace"])).toMatchObject({
      stdout: `${second}: 2 retained messages, 0 sessions, 0 subscriptions and 0 queued messages imported into ${store}.\n`,
    });
    await retainedOf(await standAlone(join(store, "..")), ["a/1 first", "a/2 second", "a/3 second"]);
  });

  test("takes nothing from a file that is cut off, and makes no store", async () => {
    const file = await databaseWith({ "a/1": "x", "a/2": "x" });
    const cut = join(tempFolder(), "mosquitto.db");
    const whole = readFileSync(file);
    writeFileSync(cut, whole.subarray(0, -1));
    const store = join(tempFolder(), "culex.db");
    expect(await culexImport([cut, "--into", store])).toEqual({
      status: 2,
      stdout: "",
      stderr: `${cut}, byte ${whole.length - 16}: the file ends inside an entry. Nothing was imported. Copy the file again while Mosquitto is stopped.\n`,
    });
    expect(existsSync(store)).toBe(false);
  });

  test("is refused while a broker runs on the store", async () => {
    const file = await databaseWith({ "a/1": "x" });
    const folder = tempFolder();
    const store = join(folder, "culex.db");
    const broker = await standAlone(folder);
    await vi.waitFor(() => expect(existsSync(store)).toBe(true));
    expect(await culexImport([file, "--into", store])).toEqual({
      status: 2,
      stdout: "",
      stderr: `${store}: a broker runs on this store. Nothing was imported. Stop it and try again.\n`,
    });
    expect(await broker.stop()).toBe(0);
    expect(await culexImport([file, "--into", store])).toMatchObject({ status: 0 });
  });
});

describe("culex import", () => {
  test.each<[string, string, string]>([
    ["is missing", "none.db", "there is no such file. Nothing was imported. Check its name."],
    ["is a folder", "folder", "it cannot be read (EISDIR). Nothing was imported. Make it readable and try again."],
    [
      "is another one",
      "other",
      "this is no mosquitto.db. Nothing was imported. Name the file that Mosquitto writes, usually /var/lib/mosquitto/mosquitto.db.",
    ],
    [
      "is of the SQLite plugin",
      "sqlite",
      "this is a database of Mosquitto's SQLite plugin, which is not read. Nothing was imported. Start Mosquitto on it and copy the retained messages of the running broker: culex import mqtt://user@host:1883",
    ],
    [
      "is too old",
      "old",
      "Mosquitto 1.6 or older wrote this file (version 5 of the format). Nothing was imported. Start Mosquitto 2 on it once; it writes version 6.",
    ],
    [
      "is too new",
      "new",
      "version 7 of the format is not known; 6 is. Nothing was imported. Start Mosquitto on it and copy the retained messages of the running broker: culex import mqtt://user@host:1883",
    ],
  ])("says when the file %s", async (_name, name, said) => {
    const folder = oddFiles();
    const file = join(folder, name);
    expect(await culexImport([file, "--into", join(folder, "culex.db")])).toEqual({
      status: 2,
      stdout: "",
      stderr: `${file}: ${said}\n`,
    });
  });

  test("says when the store's folder is not there", async () => {
    const file = join(oddFiles(), "empty.db");
    expect(await culexImport([file, "--into", "/nowhere/culex.db"])).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "/nowhere/culex.db: the folder /nowhere cannot be written (ENOENT). Nothing was imported. Make it writable, or name the store with --into.\n",
    });
  });

  test.each([
    [
      "mqtt://ann:secret@127.0.0.1",
      "The address contains a password, which every user of this machine can read in the list of processes. Nothing was imported. Leave it out: it is asked for, or taken from CULEX_IMPORT_PASSWORD.",
    ],
    ["mqtt://", '"mqtt://" is no address. Nothing was imported. Write it as mqtt://user@host:1883.'],
    ["mqtt://%zz@host", '"mqtt://%zz@host" is no address. Nothing was imported. Write it as mqtt://user@host:1883.'],
    ["mqtt://:x:y", '"mqtt://:x:y" is no address. Nothing was imported. Write it as mqtt://user@host:1883.'],
  ])("refuses %s", async (address, said) => {
    expect(await culexImport([address])).toEqual({ status: 2, stdout: "", stderr: `${said}\n` });
  });
});

/** A folder with files that are no mosquitto.db to import. */
function oddFiles(): string {
  const folder = tempFolder();
  const header = (version: number): Buffer =>
    Buffer.from(`\u0000\u00b5\u0000mosquitto db${"\u0000".repeat(7)}${String.fromCharCode(version)}`, "latin1");
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "other"), "[Unit]\nDescription=something else\n");
  writeFileSync(join(folder, "sqlite"), "SQLite format 3\u0000");
  writeFileSync(join(folder, "old"), header(5));
  writeFileSync(join(folder, "new"), header(7));
  writeFileSync(join(folder, "empty.db"), header(6));
  return folder;
}

describeWith(
  ["mosquitto", "mosquitto_pub", "mosquitto_passwd", "openssl"],
  "culex import from a running broker",
  () => {
    test("copies retained messages over TLS, with a password from standard input or the environment", async () => {
      const folder = tempFolder();
      execFileSync("mosquitto_passwd", ["-b", "-c", join(folder, "passwd"), "ann", "right"]);
      const authority = makePair(folder, { name: "ca", commonName: "test ca" });
      const pair = makePair(folder, { name: "server", commonName: "localhost", issuer: authority });
      const tlsPort = await freePort();
      const mosquitto = await startLasting(folder, [
        "allow_anonymous false",
        `password_file ${join(folder, "passwd")}`,
        `listener ${tlsPort}`,
        `certfile ${pair.certFile}`,
        `keyfile ${pair.keyFile}`,
      ]);
      await mosquittoPub(mosquitto.port, ["-u", "ann", "-P", "right", "-t", "a/ü", "-m", "x", "-r"]);
      const store = join(tempFolder(), "culex.db");
      const address = `mqtt://ann@127.0.0.1:${mosquitto.port}`;
      expect(await culexImport([address, "--into", store], "wrong\n")).toEqual({
        status: 2,
        stdout: "",
        stderr: `${address}: it refuses the login (code 135). Nothing was imported. Check user name and password.\n`,
      });
      expect(existsSync(store)).toBe(false);
      const secure = `mqtts://ann@localhost:${tlsPort}`;
      const trusting = { NODE_EXTRA_CA_CERTS: authority.certFile };
      expect(await culexImport([secure, "--into", store], "right\n", trusting)).toEqual({
        status: 0,
        stdout: `${secure}: 1 retained message, 0 sessions, 0 subscriptions and 0 queued messages imported into ${store}.\n`,
        stderr: "",
      });
      expect(await culexImport([secure, "--into", store], "right\n")).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`${secure}: there is no connection (`),
      });
      expect(await culexImport([address, "--into", store], "", { CULEX_IMPORT_PASSWORD: "right" })).toMatchObject({
        status: 0,
        stdout: expect.stringContaining("Not imported: 1 retained message (the store has one of the same topic"),
      });
      await retainedOf(await standAlone(join(store, "..")), ["a/ü x"]);
    });
  },
);

describeWith(["mosquitto", "mosquitto_pub"], "the app", () => {
  test("imports /share/mosquitto/mosquitto.db at its start, once", async () => {
    const folders = layOut({ "data/options.json": JSON.stringify({ anonymous: true }) });
    const file = join(folders.share, "mosquitto", "mosquitto.db");
    mkdirSync(join(folders.share, "mosquitto"));
    copyFileSync(await databaseWith({ "a/1": "x", "a/2": "x" }), file);
    const first = await startAddon(folders);
    expect(await first.line(/imported into/)).toContain(
      `${file}: 2 retained messages, 0 sessions, 0 subscriptions and 0 queued messages imported into ${join(folders.data, "culex.db")}.`,
    );
    await retainedOf(first, ["a/1 x", "a/2 x"]);
    const { client } = await connect(`mqtt://127.0.0.1:${first.port("mqtt")}`);
    await client.publishAsync("a/1", "", { qos: 1, retain: true });
    await client.endAsync();
    expect(await first.stop()).toBe(0);

    utimesSync(file, 0, 0);
    const second = await startAddon(folders);
    await retainedOf(second, ["a/2 x"]);
    expect(second.lines.filter((line) => line.includes("imported"))).toEqual([]);
    expect(await second.stop()).toBe(0);

    copyFileSync(await databaseWith({ "a/3": "x" }), file);
    const third = await startAddon(folders);
    await retainedOf(third, ["a/2 x", "a/3 x"]);
    expect(storedRows(folders, "imported")).toBe(2);
  });

  test("keeps imported sessions of users that Home Assistant may know", async () => {
    const supervisor = await startSupervisor({ services: ["mqtt:provide"], discovery: ["mqtt"] });
    onTestFinished(() => supervisor.stop());
    const folders = layOut({ "data/options.json": "{}" });
    mkdirSync(join(folders.share, "mosquitto"));
    const mosquitto = await startLasting();
    await fill(mosquitto.port);
    await mosquitto.stop();
    copyFileSync(mosquitto.database, join(folders.share, "mosquitto", "mosquitto.db"));
    const broker = await startAddon(folders, supervisor);
    expect(await broker.stop()).toBe(0);
    expect(storedRows(folders, "session")).toBe(5);
  });

  test("starts without a mosquitto.db that is damaged, and says so", async () => {
    const folders = layOut({
      "data/options.json": JSON.stringify({ anonymous: true }),
      "share/mosquitto/mosquitto.db": "not what it says",
    });
    const broker = await startAddon(folders);
    expect(await broker.line(/no mosquitto.db/)).toContain(
      `error: ${join(folders.share, "mosquitto/mosquitto.db")}: this is no mosquitto.db. Nothing was imported.`,
    );
    await retainedOf(broker, []);
  });
});
