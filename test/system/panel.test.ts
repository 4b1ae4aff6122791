import { readFileSync, statSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
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
  return { supervisor, folders, running, ask: asker(await panelOf(running)) };
}

/** The app with its panel, outside of Home Assistant. */
async function alone() {
  const folders = layOut({ "data/options.json": "{}" });
  const running = await startAddon(folders, null, PORTS);
  return { folders, running, ask: asker(await panelOf(running)) };
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
