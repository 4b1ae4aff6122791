import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { coreUser } from "../helpers/core-websocket.ts";
import { client, dynsecText, may, PASSWORD } from "../helpers/dynsec.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { startSupervisor, type FakeSupervisor } from "../helpers/supervisor.ts";
import { tempFolder } from "../helpers/temp.ts";
import { qrRows } from "../../src/http/panel/qr-rows.ts";

/** The app and its API. */
async function start(files: Readonly<Record<string, string>>, supervisor: FakeSupervisor | null = null) {
  const folders = layOut(files);
  const env = { CULEX_PORTS: "0,,,,,0", CULEX_INGRESS_PEER: "127.0.0.1" };
  const running = await startAddon(folders, supervisor, env);
  return { folders, running, api: await apiOf(running) };
}

async function apiOf(running: Running) {
  const base = `${/http:\S+\//.exec(await running.line(/The panel is at /))?.[0]}api/v1/`;
  return async (method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: { "X-Requested-With": "panel", "Content-Type": "application/json", "X-Remote-User-Id": "boss", ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const mark = response.headers.get("etag") ?? "";
    return { status: response.status, text, mark, json: text === "" ? null : JSON.parse(text) };
  };
}

const RULES = {
  "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
  "share/mosquitto/acl": "user meter\ntopic write meters/#\n",
};
const LOGINS =
  '{"logins":[{"username":"meter","password":"secret-1"}],"customize":{"active":true,"folder":"mosquitto"}}';

test("a denial is explained in the words of the log, for who is there and who is not", async () => {
  const { running, api } = await start({ "data/options.json": LOGINS, ...RULES });
  const question = { username: "meter", action: "publish", topic: "lights/x" };
  const absent = await api("POST", "explain", question);
  expect(absent).toMatchObject({
    status: 200,
    json: {
      allowed: false,
      decidedBy: null,
      steps: [{ source: "acl", rule: "topic write meters/#", matched: false, where: { file: "acl", line: 2 } }],
      sentence:
        'Denied: no rule of user meter matches; default is deny (acl). To change that: add "topic write lights/x" below "user meter".',
      suggestion: { add: "topic write lights/x", to: "acl", writable: false },
    },
  });
  await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    username: "meter",
    password: "secret-1",
    clientId: "m1",
  });
  expect((await api("POST", "explain", question)).json).toEqual(absent.json);
  expect((await api("POST", "explain", { ...question, topic: "meters/1", clientId: "m1" })).json).toMatchObject({
    allowed: true,
    decidedBy: { text: "topic write meters/#" },
  });
  expect((await api("GET", "rules?q=meter")).json.items).toEqual([
    {
      source: "acl",
      text: "topic write meters/#",
      who: "user meter",
      effect: "allow",
      where: { file: "acl", line: 2 },
    },
  ]);
});

test("a question that cannot be answered names what is wrong with it", async () => {
  const { api } = await start({ "data/options.json": "{}" });
  const question = { username: null, action: "publish", topic: "a" };
  for (const [more, field, hint] of [
    [{ action: "eat" }, "action", "Use publish, subscribe or receive."],
    [{ topic: 1 }, "topic", "Name the topic, or the filter of a subscription."],
    [{ ip: "here" }, "ip", "Write an address such as 192.0.2.7."],
    [{ listener: "9" }, "listener", "Choose 1883."],
  ] as const) {
    expect(await api("POST", "explain", { ...question, ...more })).toMatchObject({
      status: 400,
      json: { error: { code: "invalid", field, hint } },
    });
  }
});

const DYNSEC = {
  "data/options.json": '{"dynamic_security":true,"customize":{"active":true,"folder":"mosquitto"}}',
  "share/mosquitto/dynamic-security.json": dynsecText({
    clients: [client("meter", { roles: [{ rolename: "meters", priority: 7 }] })],
    groups: [{ groupname: "house", roles: [{ rolename: "meters" }] }],
    roles: [{ rolename: "meters", acls: [may("publishClientSend", "meters/#")] }],
  }),
};

test("what was denied is allowed by one click, and the device need only come back", async () => {
  const { running, api } = await start(DYNSEC);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const login = { username: "meter", password: PASSWORD, clientId: "m1", protocolVersion: 5 } as const;
  const question = { username: "meter", action: "publish", topic: "lights/x" };
  const meter = await connect(url, login);
  await expect(meter.client.publishAsync("lights/x", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
  const before = (await api("POST", "explain", question)).json;
  expect(before.suggestion).toMatchObject({ to: "role meter", add: "publishClientSend lights/x", writable: true });
  expect(await api("POST", "explain/allow", question)).toMatchObject({ status: 200, json: { allowed: true } });
  await running.line(/dynsec: panel\/this machine \| addClientRole \| username=meter \| rolename=meter/);
  const again = await connect(url, { ...login, clientId: "m2" });
  await again.client.publishAsync("lights/x", "1", { qos: 1 });
  expect((await api("GET", "users/meter")).json.roles).toEqual(["meters", "meter"]);
  expect((await api("GET", "audit")).json.items[0]).toMatchObject({
    by: "this machine",
    what: "allowed the user meter: publishClientSend lights/x (role meter)",
  });
  expect(await api("POST", "explain/allow", question)).toMatchObject({
    status: 409,
    json: { error: { message: "No rule is missing that could be added." } },
  });
});

test("users, roles and groups of dynamic security are made, changed and taken away", async () => {
  const { running, api } = await start(DYNSEC);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const acls = [{ type: "subscribePattern", topic: "a/#", allow: true }];
  expect(await api("POST", "roles", { name: "reads", acls })).toMatchObject({
    json: { name: "reads", acls: [{ ...acls[0], priority: -1 }], users: 0, groups: [], writable: true },
  });
  const made = await api("POST", "users", { username: "plug", roles: ["reads"], groups: ["house"] });
  expect(made.json).toEqual({ username: "plug", password: expect.stringMatching(/^[\w-]{24}$/) });
  const { password } = made.json;
  const plug = await connect(url, { username: "plug", password });
  expect(plug.client.connected).toBe(true);
  expect((await api("GET", "users/plug")).json).toEqual({
    name: "plug",
    source: "dynsec",
    passwordSet: true,
    disabled: false,
    roles: ["reads"],
    groups: ["house"],
    where: { file: "dynamic-security.json" },
    writable: true,
  });
  expect((await api("POST", "users/plug/password", { password: "another-one" })).json.password).toBe("another-one");
  expect(await refusal(url, { username: "plug", password })).toBe(5);
  await connect(url, { username: "plug", password: "another-one" });

  await api("PATCH", "users/plug", { disabled: true, groups: [] });
  expect((await api("GET", "users/plug")).json).toMatchObject({ disabled: true, roles: ["reads"], groups: [] });
  await api("PATCH", "users/meter", { roles: ["reads", "meters"] });
  const file = (await api("GET", "users?q=meter")).json.items;
  expect(file).toMatchObject([{ name: "meter", roles: ["meters", "reads"] }]);
  expect((await api("PATCH", "groups/house", { roles: ["reads"] })).json).toMatchObject({ roles: ["reads"], users: 0 });
  expect((await api("DELETE", "groups/house")).status).toBe(204);
  expect((await api("DELETE", "roles/reads")).status).toBe(204);
  expect((await api("DELETE", "users/plug")).status).toBe(204);
  expect((await api("GET", "users/plug")).json.error).toMatchObject({ message: "Nobody is called plug here." });
  expect(running.lines.join("\n")).not.toContain("another-one");
  expect(running.lines.join("\n")).not.toContain(password);
});

test("what cannot be carried out changes nothing and says why", async () => {
  const { api } = await start(DYNSEC);
  for (const [method, path, body, status, message] of [
    ["POST", "users", { username: "meter" }, 409, "There is a user meter already."],
    ["POST", "users", { username: " Addons" }, 400, '" Addons" cannot be the name of a user.'],
    ["POST", "users", { username: "homeassistant" }, 400, '"homeassistant" cannot be the name of a user.'],
    ["POST", "users", { username: "a", roles: ["none"] }, 409, "Role not found."],
    [
      "POST",
      "roles",
      { name: "r", acls: [{ type: "eat", topic: "a", allow: true }] },
      400,
      '"acls" is missing or cannot be used.',
    ],
    ["PATCH", "roles/none", { acls: [] }, 404, "There is no role none."],
    ["DELETE", "users/addons", undefined, 409, "The user addons cannot be changed from here."],
    ["PATCH", "users/addons", { disabled: true }, 409, "The user addons is not one of dynamic security."],
  ] as const) {
    expect(await api(method, path, body)).toMatchObject({ status, json: { error: { message } } });
  }
  expect((await api("GET", "users")).json.items.map(({ name }: { name: string }) => name)).toEqual([
    "addons",
    "admin",
    "homeassistant",
    "meter",
  ]);
});

test("a device is added by one form, and comes in with what was shown", async () => {
  const { running, api } = await start(DYNSEC);
  const added = await api("POST", "devices", {
    name: "Küchen-Plug!",
    type: "tasmota",
    scope: "suggested",
    host: "192.0.2.4",
  });
  const { username, password, port } = added.json;
  expect(added.json).toMatchObject({
    username: "kuchen-plug",
    host: "192.0.2.4",
    port: running.port("mqtt"),
    uri: `mqtt://kuchen-plug:${password}@192.0.2.4:${port}`,
    qr: await qrRows(`mqtt://kuchen-plug:${password}@192.0.2.4:${port}`),
    block: `Backlog MqttHost 192.0.2.4; MqttPort ${port}; MqttUser kuchen-plug; MqttPassword ${password}; Topic kuchen-plug`,
  });
  expect(password).toMatch(/^[\w-]{24}$/);
  const plug = await connect(`mqtt://127.0.0.1:${port}`, { username, password, protocolVersion: 5 });
  await plug.client.publishAsync("tele/kuchen-plug/STATE", "1", { qos: 1 });
  await plug.client.subscribeAsync("cmnd/kuchen-plug/#");
  await expect(plug.client.publishAsync("tele/other/STATE", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
  const second = await api("POST", "devices", {
    name: "Küchen-Plug!",
    type: "other",
    scope: "everything",
    host: "::1",
  });
  expect(second.json).toMatchObject({ username: "kuchen-plug-2", topics: [{ access: "readwrite", filter: "#" }] });
  expect(second.json.password).not.toBe(password);
  expect(second.json.uri).toContain("@[::1]:");
  for (const host of ["broker:80", "http://broker", "1:2", ""]) {
    const refused = await api("POST", "devices", { name: "x", type: "other", scope: "everything", host });
    expect([refused.status, refused.json.error?.message]).toEqual([400, '"host" is missing or cannot be used.']);
  }
  for (const path of ["users", "users/kuchen-plug", "rules", "roles", "audit"]) {
    expect((await api("GET", path)).text).not.toContain(password);
  }
});

test("without dynamic security a login goes into the options: to the Supervisor, and in force at once", async () => {
  const supervisor = await startSupervisor();
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser("boss")];
  supervisor.options = { logins: [{ username: "meter", password: "!secret meter" }], certfile: "a.pem" };
  const { running, api, folders } = await start({ "data/options.json": LOGINS, ...RULES }, supervisor);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const added = await api("POST", "devices", { name: "plug", type: "esphome", scope: "suggested", host: "broker" });
  const { password } = added.json;
  expect(added.json.block).toBe(
    `mqtt:\n  broker: "broker"\n  port: ${running.port("mqtt")}\n  username: "plug"\n  password: "${password}"`,
  );
  expect(added.json.paste).toEqual([
    {
      to: "/share/mosquitto/acl",
      lines: ["user plug", "topic readwrite plug/#", "topic write homeassistant/#", "topic write esphome/#"],
    },
  ]);
  await connect(url, { username: "plug", password });
  const stored = { username: "plug", password: expect.stringMatching(/^\$7\$/), password_pre_hashed: true };
  expect(supervisor.options).toEqual({
    logins: [{ username: "meter", password: "!secret meter" }, stored],
    certfile: "a.pem",
  });
  const file = JSON.parse(readFileSync(join(folders.data, "options.json"), "utf8"));
  expect(file.logins).toEqual([{ username: "meter", password: "secret-1" }, stored]);
  expect((await api("GET", "users?q=option")).json.items).toMatchObject([
    { name: "meter", source: "option", where: { file: "options.json" }, writable: true },
    { name: "plug" },
  ]);

  const changed = await api("POST", "users/meter/password", {});
  await connect(url, { username: "meter", password: changed.json.password });
  expect(await refusal(url, { username: "meter", password: "secret-1" })).toBe(5);
  expect((await api("DELETE", "users/plug")).status).toBe(204);
  expect(await refusal(url, { username: "plug", password })).toBe(5);
  expect(await api("POST", "users", { username: "x", roles: ["r"] })).toMatchObject({
    status: 409,
    json: { error: { message: "Dynamic security is switched off, so there are no roles and groups." } },
  });

  supervisor.state = "setup";
  expect(await api("POST", "users", { username: "late" })).toMatchObject({
    status: 503,
    json: {
      error: {
        message:
          "The options could not be changed (supervisor: GET /addons/self/info: unexpected answer 400). Nothing has changed.",
      },
    },
  });
  expect(readFileSync(join(folders.data, "options.json"), "utf8")).not.toContain("late");
});

test("a password is that of the user whose source is named, where two have one name", async () => {
  const { running, api } = await start({
    "data/options.json": LOGINS,
    "share/mosquitto/a.conf": "password_file /share/mosquitto/passwords\n",
    "share/mosquitto/passwords": "meter:secret-2\n",
  });
  const pasted = await api("POST", "users/meter/password", { source: "file" });
  expect(pasted.json.paste).toEqual([{ to: "passwords", lines: [expect.stringMatching(/^meter:\$7\$/)] }]);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  await connect(url, { username: "meter", password: "secret-1" });
  const changed = await api("POST", "users/meter/password", { source: "option" });
  await connect(url, { username: "meter", password: changed.json.password });
  expect((await api("POST", "users/meter/password", { source: "dynsec" })).status).toBe(404);
});

test("each login source says how it does, and can be tried", async () => {
  const closed = await freePort();
  const silent = `http://127.0.0.1:${closed}/auth: connection refused; the service does not run, or listens on another address or port`;
  const { running, api } = await start({
    "data/options.json": LOGINS,
    "share/mosquitto/auth.yaml": `stages:
  - type: users
    id: garden
    users:
      - { username: hose, password: "secret-2", permissions: [{ resource: "garden/#", operation: readWrite }] }
  - type: logins
  - type: http
    id: house
    response: status
    login: { url: "http://127.0.0.1:${closed}/auth", params: { username: "%u" } }
    cache: { ttl: 0, stale_if_error: 0 }
`,
  });
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  await connect(url, { username: "meter", password: "secret-1" });
  expect(await refusal(url, { username: "nobody", password: "x" })).toBe(3);
  expect((await api("GET", "backends")).json).toMatchObject([
    { name: "system-users", type: "system-users", asked: 2, allowed: 0, state: "ok" },
    { name: "garden", type: "users", asked: 2, allowed: 0, refused: 0, failed: 0, state: "ok" },
    { name: "logins", type: "logins", asked: 2, allowed: 1, state: "ok" },
    {
      name: "house",
      type: "http",
      asked: 1,
      failed: 1,
      state: "failing",
      lastError: silent,
    },
  ]);
  for (const [name, username, password, verdict, sentence] of [
    ["garden", "hose", "secret-2", "allow", "it lets this login in"],
    ["garden", "hose", "wrong", "deny", "wrong password for user hose"],
    ["garden", "meter", "secret-1", "ignore", expect.any(String)],
    ["logins", "meter", "secret-1", "allow", "it lets this login in"],
    ["logins", "me\nter", "x", "deny", "the user name cannot be used because it holds a control character"],
    ["house", "ann", "secret-3", "failed", silent],
  ] as const) {
    const tried = await api("POST", `backends/${name}/test`, { username, password });
    expect(tried.json, `${name} ${username}`).toEqual({ verdict, sentence, ms: expect.any(Number) });
  }
  expect((await api("POST", "backends/none/test", {})).status).toBe(404);
  expect((await api("GET", "audit")).json.items[0].what).toBe("tried a login of ann at house: failed");
  expect(running.lines.join("\n")).not.toContain("secret-3");
  expect((await api("GET", "users?q=meter")).json.items).toMatchObject([{ source: "option", writable: true }]);
  await api("POST", "users", { username: "late", password: "secret-4" });
  await connect(url, { username: "late", password: "secret-4" });
  expect((await api("GET", "users?q=hose")).json.items).toMatchObject([
    { name: "hose", source: "file", passwordSet: true, where: { file: "auth.yaml", line: 5 }, writable: false },
  ]);
});

test("outside Home Assistant a password file is the owner's: the answer has the line to paste", async () => {
  const folder = tempFolder();
  const port = await freePort();
  const panel = await freePort();
  const files = { passwords: "meter:secret-1\n", acl: "user meter\ntopic write meters/#\n" };
  for (const [name, text] of Object.entries(files)) save(join(folder, name), text);
  const conf = join(folder, "mosquitto.conf");
  save(conf, `listener ${port} 127.0.0.1\npassword_file passwords\nacl_file acl\npanel ${panel}\n`);
  const running = launch(["src/main.ts", "-c", conf]);
  await running.line(/ ready: /);
  const api = await apiOf(running);
  expect((await api("GET", "users")).json.items).toEqual([
    {
      name: "meter",
      source: "file",
      passwordSet: true,
      disabled: false,
      roles: [],
      groups: [],
      where: { file: "passwords" },
      writable: false,
    },
  ]);
  const added = (await api("POST", "devices", { name: "plug", type: "other", scope: "everything", host: "h" })).json;
  const [login, rules] = added.paste;
  expect(login).toEqual({ to: "passwords", lines: [expect.stringMatching(/^plug:\$7\$/)] });
  expect(rules).toEqual({ to: "acl", lines: ["user plug", "topic readwrite #"] });
  expect(readFileSync(join(folder, "passwords"), "utf8")).toBe(files.passwords);
  const url = `mqtt://127.0.0.1:${port}`;
  expect(await refusal(url, { username: "plug", password: added.password })).toBe(5);
  save(join(folder, "passwords"), `${files.passwords}${login.lines.join("\n")}\n`);
  save(join(folder, "acl"), `${files.acl}${rules.lines.join("\n")}\n`);
  running.signal("SIGHUP");
  await expect.poll(async () => (await api("GET", "users?q=plug")).json.total, { timeout: 20_000 }).toBe(1);
  const plug = await connect(url, { username: "plug", password: added.password, protocolVersion: 5 });
  await plug.client.publishAsync("any/thing", "1", { qos: 1 });
  // the file would read them as a comment, and as another name
  for (const username of ["#plug", "plug:a"]) {
    const { error } = (await api("POST", "users", { username })).json;
    expect(error).toMatchObject({ hint: 'A name in a password file has no ":", and no "#" in front.' });
  }
  const other = (await api("POST", "users/meter/password", {})).json;
  expect(other.paste).toEqual([{ to: "passwords", lines: [expect.stringMatching(/^meter:\$7\$/)] }]);
  expect((await api("DELETE", "users/meter")).json.error).toMatchObject({
    message: "The user meter cannot be changed from here.",
    hint: "Change it in passwords.",
  });
});

test("a user goes where somebody asks for it, and nowhere when nobody would", async () => {
  const auth = { "share/mosquitto/auth.yaml": "stages:\n  - type: home-assistant\n" };
  const { api } = await start({ ...DYNSEC, ...auth });
  expect(await api("POST", "users", { username: "plug" })).toMatchObject({
    status: 409,
    json: { error: { message: "There is no place where users could be written." } },
  });
});

test("a role is made for a user at once, and nobody overwrites what he has not seen", async () => {
  const { running, api } = await start(DYNSEC);
  const acls = [{ type: "publishClientSend", topic: "lights/x", allow: true }];
  expect(await api("POST", "roles", { name: "lights", acls, user: "nobody" })).toMatchObject({
    status: 409,
    json: { error: { message: "The user nobody is not one of dynamic security." } },
  });
  expect((await api("GET", "roles/lights")).status).toBe(404);
  expect((await api("POST", "roles", { name: "lights", acls, user: "meter" })).json).toMatchObject({ users: 1 });
  const rolesOf = async (user: string): Promise<unknown> =>
    (await api("GET", `roles?user=${user}`)).json.items.map(({ name }: { readonly name: string }) => name);
  expect(await rolesOf("meter")).toEqual(["lights", "meters"]);
  await api("PATCH", "users/meter", { roles: [], groups: ["house"] });
  expect(await rolesOf("meter")).toEqual(["meters"]);
  expect(await rolesOf("nobody")).toEqual([]);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const meter = await connect(url, { username: "meter", password: PASSWORD, protocolVersion: 5 });
  await meter.client.publishAsync("meters/1", "1", { qos: 1 });
  const seen = await api("GET", "roles/meters");
  await api("PATCH", "roles/meters", { acls: [] });
  const late = await api("PATCH", "roles/meters", { acls }, { "If-Match": seen.mark });
  expect(late.status).toBe(412);
  expect((await api("GET", "roles/meters")).json.acls).toEqual([]);
});

test("roles of auth.yaml are listed with their place, and changed there", async () => {
  const { api } = await start({
    "data/options.json": LOGINS,
    "share/mosquitto/auth.yaml": [
      "stages:",
      "  - type: users",
      "    users:",
      "      - { username: pump, password: secret-2, roles: [water] }",
      "    roles:",
      "      - name: water",
      "        permissions: [{ resource: water/#, operation: readWrite }]",
    ].join("\n"),
  });
  const water = {
    name: "water",
    acls: [{ type: "readWrite", topic: "water/#", priority: 0, allow: true }],
    users: 1,
    groups: [],
    where: expect.objectContaining({ file: "auth.yaml", line: 6 }),
    writable: false,
  };
  expect((await api("GET", "roles")).json.items).toEqual([water]);
  expect((await api("GET", "roles?user=pump")).json.items).toEqual([water]);
  expect((await api("GET", "roles?user=meter")).json.items).toEqual([]);
  for (const method of ["PATCH", "DELETE"])
    expect(await api(method, "roles/water", { acls: [] })).toMatchObject({
      status: 409,
      json: {
        error: {
          message: "The role water cannot be changed from here.",
          hint: expect.stringContaining("auth.yaml line 6"),
        },
      },
    });
});

test("users of Home Assistant and of services are listed while they are here", async () => {
  const supervisor = await startSupervisor({ users: { klaus: "secret-3" } });
  onTestFinished(() => supervisor.stop());
  supervisor.coreUsers = [coreUser("boss")];
  const { running, api } = await start({ "data/options.json": LOGINS }, supervisor);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const klaus = await connect(url, { username: "klaus", password: "secret-3", clientId: "phone" });
  const listed = {
    name: "klaus",
    source: "ha",
    passwordSet: true,
    disabled: false,
    roles: [],
    groups: [],
    writable: false,
  };
  expect((await api("GET", "users?q=klaus")).json.items).toEqual([listed]);
  expect((await api("GET", "users/klaus")).json).toEqual(listed);
  expect((await api("DELETE", "users/klaus")).json.error.message).toBe("The user klaus cannot be changed from here.");
  // a login of the options comes first, so there may be one
  expect((await api("POST", "users", { username: "klaus" })).status).toBe(200);
  await klaus.client.endAsync();
});
