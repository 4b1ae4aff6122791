import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { expect, test, vi } from "vitest";
import { launch, save } from "../helpers/culex.ts";
import { CONNACK, fakeBroker } from "../helpers/fake-broker.ts";
import { freePort } from "../helpers/free-port.ts";
import { startMosquittoIn, type MosquittoBroker } from "../helpers/mosquitto-broker.ts";
import { connect } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";
import { tempFolder } from "../helpers/temp.ts";

const SOON = { timeout: 15_000, interval: 50 };
const METER = { username: "meter", password: "meter-secret" };
const IN = { filter: "cabin/#", direction: "in", qos: 1, localPrefix: "", remotePrefix: "" };
const FILE = "data/panel-bridges.conf";

/** A Mosquitto that knows one user. */
async function startCabin(): Promise<MosquittoBroker> {
  const folder = tempFolder();
  const passwords = join(folder, "passwords");
  execFileSync("mosquitto_passwd", ["-c", "-b", passwords, "house", "cabin-secret"]);
  return startMosquittoIn(folder, [`password_file ${passwords}`]);
}

function cabinBridge({ port }: { readonly port: number }, password = "cabin-secret") {
  const settings = [
    { name: "address", value: `127.0.0.1:${port}` },
    { name: "remote_username", value: "house" },
    { name: "restart_timeout", value: "1" },
  ];
  return { name: "cabin", topics: [IN], settings, password };
}

describeWith(["mosquitto", "mosquitto_passwd"], "a bridge made in the panel", () => {
  test("carries messages, is changed and taken away, and its password is never told", async () => {
    const cabin = await startCabin();
    const { broker, get, send, folders, running } = await startPanelHouse({ logins: [METER] });
    const { password, ...shown } = cabinBridge(cabin);
    const where = { file: "/data/panel-bridges.conf", line: 4 };
    const detail = { ...shown, passwordSet: true, where };
    expect(await send("POST", "bridges", { ...shown, password })).toEqual({ status: 200, body: detail });
    const listed = { name: "cabin", state: "connected", writable: true, topics: ["in cabin/# ↔ cabin/#"], where };
    await vi.waitFor(async () => expect(await get("bridges")).toMatchObject([listed]), SOON);
    const file = join(folders.data, "panel-bridges.conf");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8").split("\n").slice(3)).toEqual([
      "connection cabin",
      `address 127.0.0.1:${cabin.port}`,
      "remote_username house",
      "restart_timeout 1",
      "remote_password cabin-secret",
      "topic cabin/# in 1",
      "",
    ]);

    const ear = await connect(broker, METER);
    await ear.client.subscribeAsync("#");
    const mouth = await connect(`mqtt://127.0.0.1:${cabin.port}`, { username: "house", password });
    await vi.waitFor(async () => {
      await mouth.client.publishAsync("cabin/door", "open", { qos: 1 });
      expect(ear.messages).toContain("cabin/door open");
    }, SOON);

    // what is not named stays, the password too
    const topics = [{ ...IN, filter: "door", remotePrefix: "cabin/", localPrefix: "my/" }];
    expect(await send("PATCH", "bridges/cabin", { topics })).toEqual({ status: 200, body: { ...detail, topics } });
    await vi.waitFor(async () => {
      await mouth.client.publishAsync("cabin/door", "shut", { qos: 1 });
      expect(ear.messages).toContain("my/door shut");
    }, SOON);

    expect(await send("DELETE", "bridges/cabin")).toEqual({ status: 204, body: null });
    expect(await get("bridges")).toEqual([]);
    expect(await send("GET", "bridges/cabin")).toMatchObject({ status: 404 });
    const done = ["took the bridge cabin away", "changed the bridge cabin", "made the bridge cabin"];
    expect(await get("audit")).toMatchObject({ items: done.map((what) => ({ what })) });
    const told = [await get("config"), await get("support"), await get("overview"), await get("audit")];
    expect(JSON.stringify(told) + running.lines.join("\n")).not.toContain("cabin-secret");
  });

  test("is there after a restart, and culex check reads it too", async () => {
    const cabin = await startCabin();
    const { send, folders, running } = await startPanelHouse();
    await send("POST", "bridges", cabinBridge(cabin));
    await running.line(/Bridge cabin is connected/);
    await running.stop();
    const again = launch(["addon/main.ts"], {
      CULEX_DATA_DIR: folders.data,
      CULEX_SHARE_DIR: folders.share,
      CULEX_SSL_DIR: folders.ssl,
      CULEX_PORTS: "0,0,,,,0",
      CULEX_HOST: "127.0.0.1",
    });
    await again.line(/Bridge cabin is connected/);
    const file = join(folders.data, "panel-bridges.conf");
    save(file, `${readFileSync(file, "utf8")}bridge_insecur true\nlistener 1999\n`);
    const places = ["--data", folders.data, "--share", folders.share];
    const check = launch(["src/main.ts", "check", "--options", join(folders.data, "options.json"), ...places]);
    await check.ended;
    const said = check.lines.join("\n");
    expect(said).toContain('/data/panel-bridges.conf line 10: "bridge_insecur" is not a setting of mosquitto.conf.');
    expect(said).toContain(
      '/data/panel-bridges.conf line 11: "listener" does not belong to a bridge, and this file is for bridges alone.',
    );
  });

  test("is tried first: each failure has its own words, and nothing is carried", async () => {
    const cabin = await startCabin();
    const { broker, get, send } = await startPanelHouse({ logins: [METER] });
    const { name: _, ...wanted } = cabinBridge(cabin);
    const mouth = await connect(`mqtt://127.0.0.1:${cabin.port}`, { username: "house", password: wanted.password });
    await mouth.client.publishAsync("cabin/door", "open", { qos: 1, retain: true });
    const ear = await connect(broker, METER);
    await ear.client.subscribeAsync("#");
    const tried = async (change: object) => (await send("POST", "bridges/cabin/test", { ...wanted, ...change })).body;

    expect(await tried({})).toMatchObject({
      ok: true,
      sentence: `127.0.0.1:${cabin.port} takes this bridge`,
      steps: [
        { step: "connect", ok: true },
        { step: "login", ok: true, detail: "MQTT 3.1.1" },
        { step: "subscribe", ok: true, detail: "cabin/#" },
      ],
    });
    expect(await tried({ password: "wrong" })).toMatchObject({
      ok: false,
      sentence: `127.0.0.1:${cabin.port}: this broker was refused: wrong user name or password, or this client may not connect`,
      fix: "Check remote_username and remote_password, and the rules of that broker.",
      steps: [
        { step: "connect", ok: true },
        { step: "login", ok: false },
      ],
    });
    const port = await freePort();
    expect(await tried({ settings: [{ name: "address", value: `127.0.0.1:${port}` }] })).toMatchObject({
      ok: false,
      sentence: `127.0.0.1:${port}: this broker cannot connect: nothing listens there`,
      steps: [{ step: "connect", ok: false }],
    });
    expect(await get("bridges")).toEqual([]);

    // the client id of a bridge that runs is not taken from it
    await send("POST", "bridges", cabinBridge(cabin));
    await ear.received(["cabin/door open"]);
    const verdict = { ok: true, clientId: expect.stringMatching(/\.cabin-test$/) };
    expect((await send("POST", "bridges/cabin/test")).body).toMatchObject(verdict);
    expect(await get("bridges")).toMatchObject([{ state: "connected" }]);
    expect(ear.messages).toEqual(["cabin/door open"]);
  });
});

test("what cannot be a bridge is refused in the words of the parser, and nothing changes", async () => {
  const { get, send, folders } = await startPanelHouse();
  const wanted = cabinBridge({ port: await freePort() });
  const refused = async (change: object): Promise<unknown> => {
    const { status, body } = await send("POST", "bridges", { ...wanted, ...change });
    expect(status).toBe(400);
    return body;
  };
  const error = (field: string | null, message: string, hint: string) => ({
    error: { code: "invalid", message, hint, ...(field === null ? {} : { field }) },
  });
  const setting = (name: string, value: string) => ({ settings: [...wanted.settings, { name, value }] });
  expect(await refused({ topics: [] })).toEqual(
    error(null, 'The bridge "cabin" has no topics.', "Add topic <filter> in, out or both below it."),
  );
  expect(await refused(setting("address", "cabin.lan:70000"))).toEqual(
    error(
      "address",
      '"address cabin.lan:70000": "cabin.lan:70000" is not an address.',
      "Write host or host:port, with a port from 1 to 65535.",
    ),
  );
  expect(await refused({ topics: [{ ...IN, filter: "a/#/b" }] })).toMatchObject({ error: { field: "topics" } });
  expect(await refused({ topics: [{ ...IN, localPrefix: "my house/" }] })).toMatchObject({
    error: { field: "topics" },
  });
  expect(await refused(setting("bridge_cafile", "/ssl/none.pem"))).toEqual(
    error(
      "bridge_cafile",
      'bridge_cafile "/ssl/none.pem" not found.',
      "Put the right file there; no restart is needed.",
    ),
  );
  // nothing in a value may become a line of its own, nor a setting of the broker
  expect(await refused({ password: "a\nlistener 1999" })).toMatchObject({ error: { field: "password" } });
  expect(await refused({ password: " blank " })).toMatchObject({ error: { field: "password" } });
  expect(await refused({ name: "a b" })).toMatchObject({ error: { field: "name" } });
  expect(await refused(setting("allow_anonymous", "true"))).toMatchObject({ error: { field: "settings" } });
  expect(await refused(setting("remote_password", "secret"))).toMatchObject({ error: { field: "settings" } });
  expect(await get("bridges")).toEqual([]);
  expect(() => statSync(join(folders.data, "panel-bridges.conf"))).toThrow("ENOENT");
});

test("a bridge of a file is edited there, and a change that nobody saw is not overwritten", async () => {
  const port = await freePort();
  const options = { customize: { active: true, folder: "m" } };
  const conf = `connection far\naddress 127.0.0.1:${port}\ntopic # in\n`;
  const { base, send } = await startPanelHouse(options, { "share/m/bridge.conf": `# far\n${conf}` });
  const where = { file: "bridge.conf", line: 2 };
  const elsewhere = {
    error: {
      code: "conflict",
      message: "The bridge far was not made here.",
      hint: "Edit it at bridge.conf line 2.",
      where,
    },
  };
  expect(await send("PATCH", "bridges/far", { topics: [IN] })).toEqual({ status: 409, body: elsewhere });
  expect(await send("DELETE", "bridges/far")).toEqual({ status: 409, body: elsewhere });
  expect(await send("POST", "bridges", { ...cabinBridge({ port }), name: "far" })).toMatchObject({ status: 409 });
  expect(await send("POST", "bridges/far/test")).toMatchObject({ status: 200, body: { ok: false } });

  await send("POST", "bridges", cabinBridge({ port }));
  const address = new URL("api/v1/bridges/cabin", base);
  const etag = (await fetch(address)).headers.get("etag") ?? "";
  const change = async (topic: string): Promise<number> => {
    const headers = { "x-requested-with": "panel", "content-type": "application/json", "if-match": etag };
    const body = JSON.stringify({ topics: [{ ...IN, filter: topic }] });
    return (await fetch(address, { method: "PATCH", headers, body })).status;
  };
  expect([await change("a"), await change("b")]).toEqual([200, 412]);
});

test("a file of the same name in /share is one like others", async () => {
  const port = await freePort();
  const options = { customize: { active: true, folder: "m" } };
  const conf = `connection far\naddress 127.0.0.1:${port}\ntopic # in\nlocal_username x\nlocal_username y\nlocal_username z\n`;
  const { get, send } = await startPanelHouse(options, { "share/m/panel-bridges.conf": conf });
  expect(await send("POST", "bridges", cabinBridge({ port }))).toMatchObject({ status: 200 });
  expect(await get("bridges")).toMatchObject([
    { name: "far", writable: false, where: { file: "panel-bridges.conf", line: 1 } },
    { name: "cabin", writable: true, where: { file: "/data/panel-bridges.conf", line: 4 } },
  ]);
});

test("a bridge whose file has gone is shown with the reason, and can be taken away", async () => {
  const conf = ["connection far", "address far.lan", "bridge_cafile /ssl/gone.pem", "topic # in", ""].join("\n");
  const { get, send } = await startPanelHouse({}, { [FILE]: conf });
  expect(await get("bridges")).toEqual([
    {
      name: "far",
      address: "far.lan",
      state: "stopped",
      lastError:
        '/data/panel-bridges.conf line 3: bridge_cafile "/ssl/gone.pem" not found. The bridge "far" is not started. Put the right file there; no restart is needed.',
      topics: ["# in"],
      in: 0,
      out: 0,
      where: { file: "/data/panel-bridges.conf", line: 1 },
      writable: true,
    },
  ]);
  expect(await send("DELETE", "bridges/far")).toMatchObject({ status: 204 });
  expect(await get("bridges")).toEqual([]);
});

test("what that broker refuses is the last error of a bridge that is connected", async () => {
  const far = await fakeBroker((packet, socket) => {
    if (packet.cmd === "connect") socket.write(generate({ ...CONNACK, returnCode: 0 }));
    if (packet.cmd === "subscribe") {
      socket.write(generate({ cmd: "suback", messageId: packet.messageId ?? 0, granted: [0x80] }));
    }
  });
  const { get, send } = await startPanelHouse();
  await send("POST", "bridges", cabinBridge(far));
  const refused = {
    state: "connected",
    lastError:
      'Bridge cabin: the remote broker refuses the subscription to "cabin/#" (code 128). Nothing comes in through it. Allow it there, or change the topic line.',
    lastErrorAt: expect.stringMatching(/Z$/),
  };
  await vi.waitFor(async () => expect(await get("bridges")).toMatchObject([refused]), SOON);
});

test("changes at the same time are all kept", async () => {
  const { get, send } = await startPanelHouse();
  const port = await freePort();
  const names = ["a", "b", "c", "d"];
  const made = names.map(async (name) => send("POST", "bridges", { ...cabinBridge({ port }), name }));
  expect((await Promise.all(made)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await get("bridges")).toMatchObject(names.map((name) => ({ name })));
});

test("stand-alone it needs a folder, and is kept beside the store", async () => {
  const folder = tempFolder();
  const port = await freePort();
  const started = async (lines: readonly string[]) => {
    const conf = join(folder, "mosquitto.conf");
    save(conf, [`listener ${await freePort()} 127.0.0.1`, `panel ${await freePort()}`, ...lines, ""].join("\n"));
    const running = launch(["src/main.ts", "-c", conf]);
    const base = /http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "";
    const made = await fetch(new URL("api/v1/bridges", base), {
      method: "POST",
      headers: { "x-requested-with": "panel", "content-type": "application/json" },
      body: JSON.stringify(cabinBridge({ port })),
    });
    const body: unknown = await made.json();
    await running.stop();
    return { status: made.status, body };
  };
  expect(await started([])).toEqual({
    status: 409,
    body: {
      error: {
        code: "conflict",
        message: "This broker has no folder where a bridge could be kept.",
        hint: 'Write "persistence true" and persistence_location into the conf file, or the bridge itself.',
      },
    },
  });
  expect(await started(["persistence true", `persistence_location ${folder}/`])).toMatchObject({ status: 200 });
  expect(readFileSync(join(folder, "panel-bridges.conf"), "utf8")).toContain("\nconnection cabin\n");
});
