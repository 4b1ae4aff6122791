import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { connect, refusal } from "../helpers/mqtt.ts";
import { mosquittoPub } from "../helpers/mosquitto.ts";
import { startLasting } from "../helpers/mosquitto-broker.ts";
import { describeWith } from "../helpers/needs.ts";
import { startPanelHouse, type PanelHouse } from "../helpers/panel-api.ts";
import { launch, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempFolder } from "../helpers/temp.ts";

const CONF = `# Place your local configuration in /etc/mosquitto/conf.d/
pid_file /run/mosquitto/mosquitto.pid
include_dir /etc/mosquitto/conf.d
allow_anonymous false
password_file /etc/mosquitto/passwd
acl_file /etc/mosquitto/acl
plugin /usr/lib/go-auth.so
`;
const ACL = "user ann\ntopic readwrite house/#\n\nuser bob\ntopic read house/#\n";
const BRIDGE =
  "connection cloud\naddress 127.0.0.1:1\ntopic house/# out\nremote_username me\nremote_password hidden-word\n";

interface Report {
  readonly token: string | null;
  readonly files: readonly { readonly name: string; readonly state: string; readonly note?: string }[];
}

function hashedUsers(): string {
  const file = join(tempFolder(), "passwd");
  execFileSync("mosquitto_passwd", ["-b", "-c", file, "ann", "ann-password"]);
  execFileSync("mosquitto_passwd", ["-b", file, "bob", "bob-password"]);
  return readFileSync(file, "utf8");
}

/** Asks what files would bring. */
async function plan({ send }: PanelHouse, files: readonly unknown[]): Promise<Report & Record<string, unknown>> {
  const { status, body } = await send("POST", "import", { files });
  expect(status, JSON.stringify(body)).toBe(200);
  return Object(body);
}

/** What a body of this length is answered, of which not a byte has come. */
async function statusOfLength({ running }: PanelHouse, length: number): Promise<number> {
  const url = new URL("api/v1/import", await baseOf(running));
  const headers = { "x-requested-with": "panel", "content-type": "application/json", "content-length": length };
  const sending = request(url, { method: "POST", headers });
  sending.on("error", () => undefined).flushHeaders();
  const [answer] = await once(sending, "response");
  sending.destroy();
  return Object(answer).statusCode;
}

async function baseOf(running: Running): Promise<string> {
  return /http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "";
}

async function lastDone(house: PanelHouse): Promise<unknown> {
  const audit: unknown = await house.get("audit");
  return Object(audit).items[0]?.what;
}

describeWith(["mosquitto", "mosquitto_pub", "mosquitto_passwd"], "what another broker was made of", () => {
  test("is reported, taken over when that was seen, and changes nothing a second time", async () => {
    const mosquitto = await startLasting();
    await mosquittoPub(mosquitto.port, ["-t", "house/lamp", "-m", "on", "-r", "-q", "1"]);
    await mosquitto.stop();
    const files = [
      { name: "mosquitto.conf", text: CONF },
      { name: "passwd", text: hashedUsers() },
      { name: "acl", text: ACL },
      { name: "bridge.conf", text: BRIDGE },
      { name: "server.key", text: "-----BEGIN PRIVATE KEY-----\n" },
      { name: "notes.txt", text: "by hand" },
      {
        name: "options.json",
        text: JSON.stringify({ logins: [{ username: "cam", password: "cam-password" }], store_interval: 60 }),
      },
      { name: "mosquitto.db", base64: readFileSync(mosquitto.database).toString("base64") },
    ];
    const house = await startPanelHouse();
    const { folders, send, broker } = house;
    const report = await plan(house, files);
    expect(report).toEqual({
      files: [
        { name: "passwd", to: "/share/mosquitto/passwd", state: "new" },
        { name: "acl", to: "/share/mosquitto/acl", state: "new" },
        {
          name: "mosquitto.conf",
          to: "/share/mosquitto/mosquitto.conf",
          state: "new",
          note: "Lines 3, 5, 6 are changed: the files are in /share/mosquitto here, and all that end in .conf are read.",
        },
        { name: "bridge.conf", to: "/share/mosquitto/bridge.conf", state: "new" },
        {
          name: "mosquitto.db",
          to: "/share/mosquitto/mosquitto.db",
          state: "new",
          note: "1 retained message, 0 sessions, 0 subscriptions and 0 queued messages: they come at the next start of the app.",
        },
        { name: "options.json", state: "new", note: "Options that are set here stay." },
        { name: "server.key", state: "left", note: "Certificates and keys belong into the folder /ssl." },
        { name: "notes.txt", state: "left", note: "No line of a conf file that was sent with it names it." },
      ],
      users: { count: 3, sample: ["cam (option)", "ann (file)", "bob (file)"] },
      rules: { count: 2, sample: ["user ann: topic readwrite house/#", "user bob: topic read house/#"] },
      bridges: { count: 1, sample: ["cloud"] },
      options: { count: 3, sample: ["store_interval: 60", "logins: cam", "customize.active: true"] },
      lines: 10,
      carriedOut: 8,
      problems: expect.arrayContaining([
        {
          severity: "warning",
          what: 'mosquitto.conf line 2: "pid_file" has no effect here: no file with the process number is written.',
          now: "The line is ignored; the other 3 lines are used.",
          fix: "Remove the line.",
          where: { file: "mosquitto.conf", line: 2 },
        },
        expect.objectContaining({
          where: { file: "mosquitto.conf", line: 7 },
          fix: "Home Assistant's users log in here without it; more logins can be listed in the options.",
        }),
      ]),
      token: expect.stringMatching(/^[\w-]{20}$/),
    });
    // a report is all that there is
    expect(JSON.stringify(report)).not.toMatch(/hidden-word|cam-password|\$7\$/);
    expect(existsSync(join(folders.share, "mosquitto"))).toBe(false);
    expect(await refusal(broker, { username: "ann", password: "ann-password" })).toBe(5);
    expect(readdirSync(house.temporary)).toEqual([]);

    expect(await send("POST", "import", { token: report.token })).toEqual({
      status: 200,
      body: {
        changed: [
          "/share/mosquitto/passwd",
          "/share/mosquitto/acl",
          "/share/mosquitto/mosquitto.conf",
          "/share/mosquitto/bridge.conf",
          "/share/mosquitto/mosquitto.db",
          "store_interval: 60",
          "logins: cam",
          "customize.active: true",
        ],
      },
    });
    expect(await lastDone(house)).toMatch(/^took over \/share\/mosquitto\/passwd, .* and customize\.active: true$/);
    expect(await send("POST", "import", { token: report.token })).toMatchObject({ status: 409 });
    // it counts at once, rules too
    const ann = await connect(broker, { username: "ann", password: "ann-password", protocolVersion: 5 });
    await connect(broker, { username: "cam", password: "cam-password" });
    await expect(ann.client.publishAsync("garden/x", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
    await ann.client.publishAsync("house/x", "1", { qos: 1 });
    expect(readFileSync(join(folders.data, "options.json"), "utf8")).not.toContain("cam-password");

    const before = readdirSync(join(folders.share, "mosquitto")).toSorted();
    const again = await plan(house, files);
    expect(again).toMatchObject({
      token: null,
      why: "There is nothing to do: what can be taken over is here already.",
      users: { count: 0 },
      rules: { count: 0 },
      bridges: { count: 0 },
      options: { count: 0 },
    });
    expect(again.files.map(({ state }) => state)).toEqual([
      "same",
      "same",
      "same",
      "same",
      "same",
      "same",
      "left",
      "left",
    ]);
    expect(readdirSync(join(folders.share, "mosquitto")).toSorted()).toEqual(before);

    await house.running.stop();
    const next = await startAddon(folders, null, { CULEX_PORTS: "0,0,,,,0" });
    const reader = await connect(`mqtt://127.0.0.1:${next.port("mqtt")}`, {
      username: "bob",
      password: "bob-password",
    });
    await reader.client.subscribeAsync("house/lamp");
    await reader.received(["house/lamp on"]);
  });

  test("moves from Culex to Culex, with hashes in the place of passwords", async () => {
    const options = {
      logins: [{ username: "meter", password: "S3CRET-plain" }],
      customize: { active: true, folder: "mosquitto" },
      metrics: { active: false, token: "S3CRET-token-that-is-long" },
      "S3CRET-key": "S3CRET-value",
    };
    const old = await startPanelHouse(options, {
      "share/mosquitto/main.conf": `# remote_password S3CRET-comment\npassword_file passwd\nacl_file acl\nmax_keepalive 90\nremote_pasword S3CRET-misspelt\n`,
      "share/mosquitto/bridge.conf":
        "connection cloud\naddress 127.0.0.1:1\ntopic house/# out\nremote_password S3CRET-bridge\n",
      "share/mosquitto/passwd": `${hashedUsers()}eve:S3CRET-in-plain-text\n`,
      "share/mosquitto/acl": ACL,
      "share/mosquitto/auth.yaml":
        "stages:\n  - type: logins\n  - type: password-file\n  - type: jwt\n    secret: S3CRET-jwt\n",
    });
    const exported: unknown = await old.get("export");
    const text = JSON.stringify(exported);
    expect(text).not.toContain("S3CRET");
    expect(exported).toEqual({
      culex: 1,
      version: "0.1.0",
      at: expect.stringMatching(/Z$/),
      files: [
        { name: "options.json", text: expect.stringContaining('"username": "meter"') },
        { name: "bridge.conf", text: "connection cloud\naddress 127.0.0.1:1\ntopic house/# out\n" },
        { name: "main.conf", text: "password_file passwd\nacl_file acl\nmax_keepalive 90\n" },
        { name: "passwd", text: expect.stringMatching(/^ann:\$7\$.*\nbob:\$7\$.*\neve:\S+\n$/) },
        { name: "acl", text: ACL },
      ],
      left: [
        "bridge.conf: 1 line (4) with a password, or not carried out.",
        "main.conf: 1 line (5) with a password, or not carried out.",
        "auth.yaml: it may hold passwords in plain text. Copy the file yourself.",
        "Sessions and retained messages: api/v1/export/store has them.",
      ],
    });

    const house = await startPanelHouse();
    const { token } = await plan(house, [{ name: "culex.json", text }]);
    expect(await house.send("POST", "import", { token })).toMatchObject({ status: 200 });
    for (const [username, password] of [
      ["meter", "S3CRET-plain"],
      ["ann", "ann-password"],
      ["eve", "S3CRET-in-plain-text"],
    ] as const) {
      await connect(house.broker, { username, password });
    }
    expect(await refusal(house.broker, { username: "eve", password: "no" })).toBe(5);
    expect(await plan(house, [{ name: "culex.json", text }])).toMatchObject({ token: null });
  });
});

test("nothing leaves the folder, nothing that is there is overwritten, and nonsense is refused before it is read", async () => {
  const house = await startPanelHouse(
    { customize: { active: true, folder: "mosquitto" } },
    { "share/mosquitto/acl.conf": "acl_file acl\n", "share/mosquitto/acl": "user own\ntopic #\n" },
  );
  const { send, folders } = house;
  for (const name of [
    "../x.conf",
    "/etc/x.conf",
    "a/b.conf",
    ".hidden.conf",
    "..",
    "",
    "x\u0000.conf",
    "a\\b.conf",
    "~root.conf",
    5,
  ]) {
    const { status, body } = await send("POST", "import", { files: [{ name, text: "" }] });
    expect(status, String(name)).toBe(400);
    expect(body).toMatchObject({
      error: { code: "invalid", hint: "Use letters, digits and . _ -, without a folder." },
    });
  }
  const inside = JSON.stringify({ culex: 1, files: [{ name: "../../x.conf", text: "" }] });
  expect(await send("POST", "import", { files: [{ name: "e.json", text: inside }] })).toMatchObject({ status: 400 });
  for (const files of [
    [],
    "x",
    [{ name: "a" }],
    [5],
    [{ name: "a", text: "", base64: "" }],
    Array.from({ length: 51 }, (_, at) => ({ name: `f${at}`, text: "" })),
  ]) {
    expect(await send("POST", "import", { files })).toMatchObject({ status: 400 });
  }
  expect(await statusOfLength(house, 8 * 1024 * 1024 + 1)).toBe(413);
  for (const base64 of ["AAAA", Buffer.from("\u0000\u00b5\u0000mosquitto db", "latin1").toString("base64")]) {
    expect(await plan(house, [{ name: "mosquitto.db", base64 }])).toMatchObject({
      token: null,
      files: [{ name: "mosquitto.db", state: "left", note: expect.stringMatching(/Nothing was imported\./) }],
    });
  }

  const files = [
    { name: "acl.conf", text: "acl_file /etc/acl\n" },
    { name: "acl", text: "user foreign\ntopic #\n" },
    { name: "new.conf", text: "max_keepalive 60\n" },
  ];
  const report = await plan(house, files);
  expect(report.files).toMatchObject([
    {
      name: "acl",
      state: "kept",
      note: "/share/mosquitto/acl is there already and says something else. It stays; move it away first if this one is to count.",
    },
    { name: "acl.conf", state: "kept" },
    { name: "new.conf", state: "new" },
  ]);
  // somebody else is faster
  mkdirSync(join(folders.share, "mosquitto", "new.conf"));
  expect(await send("POST", "import", { token: report.token })).toMatchObject({
    status: 409,
    body: { error: { message: "Nothing was taken over (EEXIST)." } },
  });
  expect(readFileSync(join(folders.share, "mosquitto", "acl"), "utf8")).toBe("user own\ntopic #\n");
  expect(readdirSync(join(folders.share, "mosquitto")).toSorted()).toEqual(["acl", "acl.conf", "new.conf"]);
  expect(await send("POST", "import", { token: "never-given" })).toMatchObject({ status: 409 });
});

test("dynamic security comes with its file, and stays where there is one", async () => {
  const text = JSON.stringify({ clients: [{ username: "cam", password: PLAIN_HASH, salt: SALT, iterations: 101 }] });
  const house = await startPanelHouse({ customize: { active: true, folder: "house" } });
  const report = await plan(house, [{ name: "dynsec-of-old.json", text }]);
  expect(report).toMatchObject({
    files: [{ name: "dynamic-security.json", to: "/share/house/dynamic-security.json", state: "new" }],
    users: { count: 1, sample: ["cam (dynsec)"] },
    options: { sample: ["dynamic_security: true"] },
  });
  expect(await house.send("POST", "import", { token: report.token })).toMatchObject({ status: 200 });
  expect(await house.get("users/cam")).toMatchObject({ name: "cam", source: "dynsec" });
  // exported, it is what commands would write now
  const { files }: { files: readonly unknown[] } = Object(await house.get("export"));
  expect(files).toContainEqual({ name: "dynamic-security.json", text: expect.stringContaining('"cam"') });
  expect(await plan(house, [{ name: "dynamic-security.json", text: '{"clients":[]}' }])).toMatchObject({
    token: null,
    files: [{ state: "kept" }],
  });
});

const SALT = "c2FsdHNhbHRzYWx0";
const PLAIN_HASH = Buffer.alloc(64, 7).toString("base64");

test("sessions and retained messages are copied while the broker runs", async () => {
  const house = await startPanelHouse({ store_interval: 0 });
  await house.send("POST", "publish", { topic: "kept", payload: "yes", retain: true });
  const url = new URL("api/v1/export/store", await baseOf(house.running));
  const folder = tempFolder();
  for (const round of ["first", "second"]) {
    const answer = await fetch(url);
    expect(answer.status, round).toBe(200);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="culex.db"');
    writeFileSync(join(folder, `${round}.db`), Buffer.from(await answer.arrayBuffer()));
    const database = new DatabaseSync(join(folder, `${round}.db`), { readOnly: true });
    expect(database.prepare("SELECT topic FROM retained WHERE topic = 'kept'").all()).toHaveLength(1);
    database.close();
  }
  expect(readdirSync(house.temporary)).toEqual([]);
});

test("outside Home Assistant the conf file is the configuration, and nothing is imported into it", async () => {
  const [port, panel] = [await freePort(), await freePort()];
  const conf = join(tempFolder(), "mosquitto.conf");
  save(conf, `listener ${port} 127.0.0.1\nallow_anonymous true\npanel ${panel}\n`);
  const running = launch(["src/main.ts", "-c", conf]);
  const base = await baseOf(running);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(new URL(`api/v1/${path}`, base), init);
    const body: unknown = await answer.json();
    return { status: answer.status, body };
  };
  const headers = { "x-requested-with": "panel", "content-type": "application/json" };
  const body = JSON.stringify({ files: [{ name: "a.conf", text: "" }] });
  expect(await ask("import", { method: "POST", headers, body })).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringContaining("there is nothing to import into") } },
  });
  expect(await ask("export/store")).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  expect(await ask("export")).toMatchObject({
    status: 200,
    body: { files: [{ name: "mosquitto.conf", text: expect.stringContaining("allow_anonymous true\n") }] },
  });
});
