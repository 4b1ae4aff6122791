import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { Overview } from "../../src/core/api/system.ts";
import { layOut, startAddon, type Running } from "../helpers/culex.ts";
import { coreUser } from "../helpers/core-websocket.ts";
import { startSupervisor } from "../helpers/supervisor.ts";

const PORTS = { CULEX_PORTS: "0,0,,,,0" };

/** The app with its panel, as Home Assistant runs it: ingress comes from this machine. */
async function inHomeAssistant(options = "{}") {
  const supervisor = await startSupervisor();
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser("boss"), coreUser("guest", "system-users")];
  const folders = layOut({ "data/options.json": options });
  const running = await startAddon(folders, supervisor, { ...PORTS, CULEX_INGRESS_PEER: "127.0.0.1" });
  const base = await panelOf(running);
  return { supervisor, folders, running, base, ask: asker(base) };
}

/** The app with its panel, outside of Home Assistant. */
async function alone() {
  const folders = layOut({ "data/options.json": "{}" });
  const running = await startAddon(folders, null, PORTS);
  const base = await panelOf(running);
  return { folders, running, base, ask: asker(base) };
}

async function panelOf(running: Running): Promise<URL> {
  return new URL(/http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "");
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends requests as they are: fetch would set the headers of a browser. */
function asker(base: URL) {
  return (
    path: string,
    headers: Readonly<Record<string, string>> = {},
    { method = "GET", body = "" }: { readonly method?: string; readonly body?: string } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, base), { method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
}

const BOSS = { "X-Remote-User-Id": "boss", "X-Remote-User-Display-Name": "The Boss" };

test("an administrator of Home Assistant sees the ports, and everybody else nothing at all", async () => {
  const { ask, running } = await inHomeAssistant();
  const seen = await ask("api/v1/listeners", BOSS);
  expect(seen).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  const port = running.port("mqtt");
  expect(JSON.parse(seen.text)).toMatchObject([
    {
      name: "1883",
      url: `mqtt://HOST:${port}`,
      open: true,
      tls: false,
      anonymous: false,
      connections: 0,
      tryIt: `mosquitto_pub -h HOST -p ${port} -u USER -P PASSWORD -t test -m hello`,
    },
    { name: "1884", tryIt: `npx mqtt pub -C ws -h HOST -p ${running.port("ws")} -u USER -P PASSWORD -t test -m hello` },
  ]);

  const guest = await ask("api/v1/listeners", { "X-Remote-User-Id": "guest" });
  expect(guest.status).toBe(403);
  expect(JSON.parse(guest.text)).toEqual({
    error: {
      code: "forbidden",
      message: "You need administrator rights in Home Assistant for this page.",
      hint: "Ask an administrator of this Home Assistant.",
    },
  });
  const page = await ask("", { "X-Remote-User-Id": "guest" });
  expect(page).toMatchObject({ status: 403, headers: { "content-type": "text/html; charset=UTF-8" } });
  expect(page.text).toContain("<h1>You need administrator rights in Home Assistant for this page.</h1>");
  expect(page.text).not.toContain("<form");
  expect((await ask("api/v1/listeners")).status).toBe(403);
  expect((await ask("login", {}, { method: "POST", body: "token=x" })).status).toBe(404);
});

test("who does not come through Home Assistant is refused, whatever it says it is", async () => {
  const supervisor = await startSupervisor();
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser("boss")];
  const running = await startAddon(layOut({ "data/options.json": "{}" }), supervisor, PORTS);
  const ask = asker(await panelOf(running));
  expect((await ask("api/v1/listeners", BOSS)).status).toBe(403);
  expect(await ask("api/v1/health")).toMatchObject({ status: 200, text: '{"ok":true}' });
});

test("every answer forbids what a hostile name could want", async () => {
  const { ask } = await inHomeAssistant();
  for (const path of ["", "api/v1/health", "api/v1/listeners", "api/v1/nothing", "nothing.js"]) {
    const { headers } = await ask(path, BOSS);
    expect(headers, path).toMatchObject({
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  }
});

test.each(["..%2fpackage.json", "%2e%2e/package.json", ".env", "a/../../package.json", "index.html%00.js", "assets"])(
  "%s is no file of the panel",
  async (path) => {
    const { ask } = await alone();
    expect((await ask(path)).status).toBe(404);
  },
);

test("outside of Home Assistant this machine is let in, and another with the token from the data folder", async () => {
  const { ask, folders } = await alone();
  expect((await ask("api/v1/listeners")).status).toBe(200);
  const file = join(folders.data, "panel-token");
  const token = readFileSync(file, "utf8").trim();
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const host = "broker.example:8099";
  const page = await ask("", { host });
  expect(page.status).toBe(401);
  expect(page.headers["content-security-policy"]).toContain("form-action 'self'");
  expect(page.text).toContain(`It stands in the file ${file} on the broker`);
  expect(page.text).not.toContain(token);
  expect((await ask("api/v1/listeners", { host, authorization: `Bearer ${token}` })).status).toBe(200);

  const wrong = await ask("login", { host }, { method: "POST", body: "token=wrong" });
  expect(wrong).toMatchObject({ status: 401 });
  expect(wrong.headers["set-cookie"]).toBeUndefined();
  const login = { method: "POST", body: `token=${token}` };
  expect((await ask("login", { host, origin: "http://evil.example" }, login)).status).toBe(401);
  const right = await ask("login", { host, origin: `http://${host}` }, login);
  expect(right).toMatchObject({ status: 303, headers: { location: "./" } });
  const [cookie = ""] = right.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^culex_panel=[\w-]+; HttpOnly; SameSite=Strict; Path=\/; Max-Age=31536000$/);
  expect((await ask("api/v1/listeners", { host, cookie: cookie.split(";")[0] ?? "" })).status).toBe(200);
});

test("what is the same is not sent twice", async () => {
  const { ask } = await alone();
  const first = await ask("api/v1/listeners");
  const etag = String(first.headers.etag);
  expect(etag).toMatch(/^"[\w-]{27}"$/);
  expect(await ask("api/v1/listeners", { "if-none-match": `W/${etag}` })).toMatchObject({ status: 304, text: "" });
});

test("an address that is not there, and a method that it does not take, are told as such", async () => {
  const { ask } = await alone();
  expect(JSON.parse((await ask("api/v1/nothing")).text)).toMatchObject({
    error: { code: "not_found", message: "There is nothing under this address." },
  });
  expect(JSON.parse((await ask("api/v1/listeners", {}, { method: "POST" })).text)).toMatchObject({
    error: { code: "not_found", message: "This address takes no POST." },
  });
  expect((await ask("api/v1/listeners", { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("the option takes the panel away", async () => {
  const folders = layOut({ "data/options.json": '{"panel":false}' });
  const running = await startAddon(folders, null, PORTS);
  expect(running.lines.join("\n")).not.toContain("The panel is at");
});

test("the first page is told as a whole, and again when something has changed", async () => {
  const { ask, running, base } = await inHomeAssistant(
    '{"logins":[{"username":"plug","password":"secret"}],"store_interval":"often"}',
  );
  const first = JSON.parse((await ask("api/v1/overview", BOSS)).text);
  expect(first).toMatchObject({
    version: "0.1.0",
    homeAssistant: { connected: false },
    devices: { connected: 0, asleep: 0 },
    messages: { in: { perMin: 0, total: 0, bytes: 0 }, history: [] },
    talkers: [],
    problems: {
      total: 1,
      top: [
        {
          kind: "config",
          severity: "error",
          subject: "options.json",
          reason: {
            sentence:
              'store_interval: "often" is not a whole number from 0 to 3600. The default of 30 seconds is used.',
            hint: "Write a number of seconds, without quotes.",
          },
        },
      ],
    },
    checklist: [
      { step: "ha", done: false },
      { step: "device", done: false },
      { step: "acl", done: false },
    ],
  });

  const page = await listen(base, BOSS);
  page.send({ sub: ["overview", "nothing"] });
  expect(await page.next()).toMatchObject({ t: "snapshot", ch: "overview", data: { version: "0.1.0" } });
  const client = await connectAsync(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    username: "plug",
    password: "secret",
    clientId: "talker",
  });
  onTestFinished(() => client.endAsync(true));
  await client.publishAsync("a/b", "12345", { qos: 1 });
  const seen = await page.until((frame) => frame.data?.messages?.in?.total === 1);
  expect(seen.data).toMatchObject({
    devices: { connected: 1 },
    messages: { in: { perMin: 1, total: 1, bytes: 5 } },
    talkers: [{ client: "talker", perMin: 1 }],
    checklist: [
      { step: "ha", done: false },
      { step: "device", done: true },
      { step: "acl", done: false },
    ],
  });
  await running.stop();
  expect(await page.until((frame) => frame.t === "bye")).toEqual({ t: "bye", reason: "The broker stops." });
});

test("a page whose machine sleeps does not hold up the end", async () => {
  const { base, running } = await alone();
  const page = new WebSocket(new URL("api/v1/live", base.href.replace("http", "ws")));
  page.on("error", () => undefined);
  onTestFinished(() => page.terminate());
  await once(page, "open");
  page.pause();
  const startMs = performance.now();
  expect(await running.stop()).toBe(0);
  // a goodbye is waited for up to 30 s, and the Supervisor kills what takes longer than 10 s
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test("nobody else hears of it", async () => {
  const { base } = await inHomeAssistant();
  await expect(listen(base, { "X-Remote-User-Id": "guest" })).rejects.toThrow("Unexpected server response: 403");
  await expect(listen(base, { ...BOSS, "Sec-Fetch-Site": "cross-site" })).rejects.toThrow("403");
  await expect(listen(new URL("nowhere/", base), BOSS)).rejects.toThrow("404");
  const here = await alone();
  await expect(listen(here.base, { Origin: "http://evil.example" })).rejects.toThrow("401");
});

interface Frame {
  readonly t?: string;
  readonly data?: { readonly messages?: Overview["messages"] };
}

/** What a page hears on the WebSocket. */
async function listen(base: URL, headers: Readonly<Record<string, string>>) {
  const socket = new WebSocket(new URL("api/v1/live", base.href.replace("http", "ws")), { headers });
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  let heard: () => void = () => undefined;
  socket.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()));
    heard();
  });
  await once(socket, "open");
  const next = async () => {
    while (frames.length === 0) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return frames.shift() ?? {};
  };
  return {
    send: (message: unknown) => socket.send(JSON.stringify(message)),
    next,
    async until(isIt: (frame: Frame) => boolean) {
      for (;;) {
        const frame = await next();
        if (isIt(frame)) return frame;
      }
    },
  };
}

test("the configuration is told with where it comes from, and no password of it", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({
      logins: [{ username: "plug", password: "hidden-1" }],
      customize: { active: true, folder: "mosquitto" },
      limits: { max_queued_messages: 5 },
      debug: true,
    }),
    "share/mosquitto/a.conf":
      "max_keepalive 60\nconnection_messages false\nconnection b\nremote_password hidden-2\nnonsense 1\n",
  });
  const running = await startAddon(folders, null, PORTS);
  const ask = asker(await panelOf(running));
  const { text } = await ask("api/v1/config");
  expect(text).not.toContain("hidden-");
  const config = JSON.parse(text);
  expect(config.files).toMatchObject([
    { file: "options.json", ok: true },
    { file: "a.conf", ok: true },
  ]);
  const named = (name: string) => config.settings.find((setting: { readonly name: string }) => setting.name === name);
  expect(named("logins")).toEqual({
    name: "logins",
    value: "1",
    isDefault: false,
    default: "0",
    where: { file: "options.json" },
  });
  expect(named("anonymous")).toEqual({ name: "anonymous", value: "false", isDefault: true, default: "false" });
  expect(named("max_queued_messages")).toMatchObject({ value: "5", default: "1000", where: { file: "options.json" } });
  expect(named("max_keepalive")).toEqual({
    name: "max_keepalive",
    value: "60",
    isDefault: false,
    default: "0",
    where: { file: "a.conf", line: 1 },
  });
  expect(named("max_inflight_bytes")).toMatchObject({ value: "0", isDefault: true });
  expect(named("connection_messages")).toMatchObject({ value: "false", where: { file: "a.conf", line: 2 } });
  expect(named("remote_password")).toMatchObject({ value: "(not shown)", where: { file: "a.conf", line: 4 } });
  expect(named("nonsense")).toMatchObject({
    value: "(not shown)",
    warning: 'a.conf line 5: "nonsense" is not a setting of mosquitto.conf.',
  });
  expect(config.problems.map(({ where }: { readonly where: unknown }) => where)).toContainEqual({
    file: "a.conf",
    line: 5,
  });
});

test("a text is checked as the broker would read it, and changes nothing", async () => {
  const folders = layOut({
    "data/options.json": '{"customize":{"active":true,"folder":"mosquitto"}}',
    "share/mosquitto/a.conf": "acl_file /share/mosquitto/acl\n",
    "share/mosquitto/acl": "topic read #\n",
  });
  const running = await startAddon(folders, null, PORTS);
  const ask = asker(await panelOf(running));
  const check = async (body: unknown, headers: Readonly<Record<string, string>> = PANEL) => {
    const { status, text } = await ask("api/v1/config/check", headers, { method: "POST", body: JSON.stringify(body) });
    return { status, body: JSON.parse(text) };
  };
  expect(await check({ file: "acl", text: "user meter\ntopic readwite meters/#\n" })).toMatchObject({
    status: 200,
    body: [
      {
        severity: "error",
        what: 'acl line 2: "readwite" is not an access type.',
        where: { file: "acl", line: 2 },
      },
    ],
  });
  expect(await check({ file: "a.conf", text: "max_keepalive many\n" })).toMatchObject({
    body: [{ where: { file: "a.conf", line: 1 } }],
  });
  expect(await check({ file: "options.json", text: "{" })).toMatchObject({ body: [{ severity: "error" }] });
  expect(await check({ file: "passwd", text: "" })).toMatchObject({
    status: 404,
    body: { error: { message: '"passwd" is no file of the configuration.', field: "file" } },
  });
  expect(await check({ file: "acl" })).toMatchObject({ status: 400, body: { error: { field: "text" } } });
  expect(await check({}, { "Content-Type": "application/json" })).toMatchObject({
    status: 403,
    body: { error: { message: "This request does not say that it comes from the panel." } },
  });
  expect(await check({}, { ...PANEL, "Content-Type": "text/plain" })).toMatchObject({ status: 400 });
  expect(await check({ file: "acl", text: "x".repeat(300_000) })).toMatchObject({
    status: 413,
    body: { error: { message: "The request is larger than 262144 bytes." } },
  });
  expect(running.lines.join("\n")).not.toContain("generation");
  const audit = JSON.parse((await ask("api/v1/audit")).text);
  expect(audit).toMatchObject({
    total: 1,
    items: [{ by: "this machine", what: "was refused: POST /config/check without the header X-Requested-With" }],
  });
  // it is written behind the answer
  await running.stop();
  const stored = readFileSync(join(folders.data, "panel-audit.jsonl"), "utf8").trim();
  expect(JSON.parse(stored)).toEqual(audit.items[0]);
});

test("the log and the bundle for helpers tell what happened", async () => {
  const { ask } = await alone();
  const { items } = JSON.parse((await ask("api/v1/log?level=notice&q=ready")).text);
  expect(items).toMatchObject([{ level: "notice", count: 1, text: expect.stringMatching(/^ready: mqtt:/) }]);
  expect(JSON.parse((await ask("api/v1/log?level=loud")).text)).toMatchObject({
    error: { message: 'The log has no level "loud".', hint: "Use one of error, warning, notice, info, debug." },
  });
  expect((await ask("api/v1/support")).text).toContain("127.0.0.1");
  const { text } = await ask("api/v1/support?addresses=hidden");
  expect(text).not.toContain("127.0.0.1");
  expect(JSON.parse(text)).toMatchObject({
    node: process.version,
    overview: { version: "0.1.0" },
    config: { problems: [] },
    listeners: [{ name: "1883" }, { name: "1884" }],
    log: expect.arrayContaining([
      expect.objectContaining({ text: expect.stringMatching(/^ready: mqtt:..\(address\)/) }),
    ]),
  });
});

test("the API describes itself, with every type that it names", async () => {
  const { ask } = await alone();
  const { text } = await ask("api/v1/openapi");
  const description = JSON.parse(text);
  expect(description).toMatchObject({
    openapi: "3.1.0",
    paths: {
      "/listeners": { get: { responses: { 200: { content: { "application/json": { schema: { type: "array" } } } } } } },
      "/config/check": {
        post: {
          requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/ConfigCheck" } } } },
        },
      },
      "/clients/{id}": { get: { parameters: [{ name: "id", in: "path", required: true }] } },
    },
  });
  const named = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path.split("/"));
  expect(named.length).toBeGreaterThan(50);
  const unknown = named.filter((path) => path.reduce((node, key) => node?.[key], description) === undefined);
  expect(unknown).toEqual([]);
});

test("Home Assistant is seen when it is connected", async () => {
  const { ask, running, folders } = await inHomeAssistant();
  const { homeassistant } = JSON.parse(readFileSync(join(folders.data, "system_user.json"), "utf8"));
  const client = await connectAsync(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    username: "homeassistant",
    password: homeassistant.password,
    protocolVersion: 5,
  });
  onTestFinished(() => client.endAsync(true));
  expect(JSON.parse((await ask("api/v1/overview", BOSS)).text)).toMatchObject({
    homeAssistant: { connected: true, user: "homeassistant", protocol: 5, since: expect.stringMatching(/Z$/) },
    devices: { connected: 1, asleep: 0, overdue: 0, refused: 0 },
    checklist: [{ step: "ha", done: true }, { step: "device", done: false }, { step: "acl" }],
  });
});

const PANEL = { "X-Requested-With": "panel", "Content-Type": "application/json" };
