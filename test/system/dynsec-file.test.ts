import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { admin, client, DYNSEC, dynsecText, may, PASSWORD, startDynsec } from "../helpers/dynsec.ts";
import { layOut, startAddon } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const IN_FORCE = { timeout: 4_000, interval: 20 };
const CLOCK = String.raw`\d\d:\d\d`;

interface Exchange {
  readonly id: string;
  readonly request: unknown;
  readonly response: { readonly responses: readonly unknown[] };
}

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, "..", "fixtures", "dynsec", name), "utf8");

test("what mosquitto 2.1.2 answered to an administrator is answered over the wire, to every QoS", async () => {
  const all = fixture("exchanges.jsonl")
    .trim()
    .split("\n")
    .map((line): Exchange => JSON.parse(line));
  // in order from the file that it had started with: what mosquitto_ctrl asked, and requests that are no commands
  const sample = all.filter(({ id }) => id.includes("-2.1.2-")).slice(0, 120);
  const { url } = await startDynsec(fixture("start-2.1.json"));
  const session = await connect(url, { username: "admin", password: "adminpw", protocolVersion: 4 });
  await session.client.subscribeAsync(`${DYNSEC}/response`, { qos: 1 });
  for (const [index, { request }] of sample.entries()) {
    const payload = typeof request === "string" ? request : JSON.stringify(request);
    await session.client.publishAsync(DYNSEC, payload, { qos: index % 3 === 0 ? 0 : index % 3 === 1 ? 1 : 2 });
    await vi.waitFor(() => expect(session.messages).toHaveLength(index + 1), { timeout: 10_000, interval: 2 });
  }
  const answers = session.messages.map((message): unknown => JSON.parse(message.slice(`${DYNSEC}/response `.length)));
  expect(answers).toEqual(sample.map(({ response }) => response));
});

describe("a first start", () => {
  test("makes the file with an administrator, whose password is for the owner's eyes alone", async () => {
    const folder = tempFolder();
    const { url, path, running } = await startDynsec(null, "enable_control_api true\n", folder);
    const [, password = ""] = readFileSync(`${path}.pw`, "utf8").match(/^admin (\w{20})\n$/) ?? [];
    expect([path, `${path}.pw`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(running.lines.join("\n")).not.toContain(password);
    await running.line(
      /warning: \S+dynamic-security\.json of dynamic security was not there\. It was made with one client, "admin", whose password is in \S+dynamic-security\.json\.pw\. Log in with it, set another password, and delete that file\.$/,
    );
    const session = await connect(url, { username: "admin", password, protocolVersion: 5 });
    await session.client.subscribeAsync("$CONTROL/#");
    await session.client.publishAsync("$CONTROL/broker/v1", '{"commands":[{"command":"listPlugins"},{"command":"x"}]}');
    await session.received([
      `$CONTROL/broker/v1/response {"responses":[{"command":"listPlugins","data":{"plugins":[{"name":"dynamic-security","control-endpoints":["${DYNSEC}"]}]}},{"command":"x","error":"Unknown command"}]}`,
    ]);
    session.messages.length = 0;
    await session.client.publishAsync(
      "$CONTROL/broker/v1",
      '{"commands":[{"command":"listListeners","correlationData":"1"}]}',
    );
    const port = Number(new URL(url).port);
    await session.received([
      `$CONTROL/broker/v1/response {"responses":[{"command":"listListeners","data":{"listeners":[{"port":${port},"protocol":"mqtt","bind-address":"127.0.0.1","tls":false}]},"correlationData":"1"}]}`,
    ]);
  });

  test("takes the first password from a file that the configuration names", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "init"), ` ${PASSWORD} \nmore\n`);
    const { url, path } = await startDynsec(null, `plugin_opt_password_init_file ${join(folder, "init")}\n`, folder);
    expect(readdirSync(folder)).not.toContain("dynamic-security.json.pw");
    expect(await refusal(url, { username: "admin", password: PASSWORD })).toBe(0);
    expect(JSON.parse(readFileSync(path, "utf8")).clients).toHaveLength(1);
  });

  test.each([
    ["twelve-chars", 0],
    ["eleven-char", 5],
  ])("takes the first password %s from the environment: %i", async (password, code) => {
    const { url, path, running } = await startDynsec(null, "", tempFolder(), { MOSQUITTO_DYNSEC_PASSWORD: password });
    expect(await refusal(url, { username: "admin", password, protocolVersion: 4 })).toBe(code);
    expect(existsSync(path)).toBe(code === 0);
    expect(existsSync(`${path}.pw`)).toBe(false);
    expect(running.lines.join("\n")).not.toContain(password);
    await running.line(
      code === 0
        ? /whose password is in MOSQUITTO_DYNSEC_PASSWORD\. Log in with it and set another password\.$/
        : /error: The password in MOSQUITTO_DYNSEC_PASSWORD has fewer than 12 characters\. Nobody can log in with it, and no device except Home Assistant and apps may use any topic\. Commands are refused\. Set a longer one, or none: then a random one is made\.$/,
    );
  });

  test("makes nothing without that password, and lets nobody in", async () => {
    const folder = tempFolder();
    const { url, running } = await startDynsec(null, `plugin_opt_password_init_file ${join(folder, "init")}\n`, folder);
    await running.line(
      /error: mosquitto\.conf line 4: the password file "\S+init" of dynamic security cannot be read \(ENOENT\)\. Nobody can log in with it, and no device except Home Assistant and apps may use any topic\. Commands are refused\. Write the administrator's password into its first line\.$/,
    );
    expect(await refusal(url, { username: "admin", password: PASSWORD, protocolVersion: 5 })).toBe(0x87);
    expect(readdirSync(folder)).toEqual(["mosquitto.conf"]);
  });
});

test("a restart keeps what commands changed, and mosquitto's members that are not known", async () => {
  const folder = tempFolder();
  const text = dynsecText({ clients: [client("plug", { vendor: "x" })] });
  const first = await startDynsec(text, "", folder);
  const { send } = await admin(first.url);
  await send(
    { command: "createRole", rolename: "plugs", acls: [may("publishClientSend", "plugs/#")] },
    { command: "addClientRole", username: "plug", rolename: "plugs" },
    { command: "createClient", username: "cam", password: "campw" },
  );
  expect(await first.running.stop()).toBe(0);
  expect(first.text()).toContain('"vendor"');
  expect(readFileSync(`${first.path}.bak`, "utf8")).toBe(text);
  const second = await startDynsec(null, "", folder);
  expect(await refusal(second.url, { username: "cam", password: "campw" })).toBe(0);
  const plug = await connect(second.url, { username: "plug", password: PASSWORD, protocolVersion: 5 });
  await plug.client.publishAsync("plugs/1", "x", { qos: 1 });
});

describe("a file saved by hand", () => {
  const OPEN = dynsecText({
    clients: [client("plug", { roles: [{ rolename: "r" }] }), client("old")],
    roles: [{ rolename: "r", acls: [may("publishClientSend", "a")] }],
  });
  const SHUT = dynsecText({
    clients: [client("plug", { roles: [{ rolename: "r" }] })],
    roles: [{ rolename: "r", acls: [] }],
  });

  test("counts for those who are connected, and ends only the logins that it does not know any more", async () => {
    const { url, path, running } = await startDynsec(OPEN);
    const plug = await connect(url, { username: "plug", password: PASSWORD, protocolVersion: 5 });
    const old = await connect(url, { username: "old", password: PASSWORD, protocolVersion: 5 });
    const ofPlug = () => plug.client.publishAsync("a", "x", { qos: 1 });
    await ofPlug();
    writeFileSync(`${path}.new`, SHUT);
    renameSync(`${path}.new`, path);
    await vi.waitFor(() => expect(ofPlug()).rejects.toThrow(/Not authorized/), IN_FORCE);
    await vi.waitFor(() => expect(old.wasClosed()).toBe(true), IN_FORCE);
    expect(plug.wasClosed()).toBe(false);
    await running.line(/Device \S+ disconnected: user old was removed from dynamic-security\.json\.$/);
  });

  test("with a mistake changes nothing, is never overwritten, and keeps commands from counting", async () => {
    const { url, path, running, text } = await startDynsec(OPEN);
    const { send } = await admin(url);
    await send({ command: "createRole", rolename: "extra" });
    writeFileSync(path, '{ "clients": [\n');
    await running.line(
      new RegExp(
        `error: dynamic-security\\.json line 1: this is not valid JSON\\. The clients and roles read at ${CLOCK}, with the changes since, stay in use\\. Commands are refused\\. Correct the file, or put back a copy of it\\.$`,
      ),
    );
    expect(await send({ command: "createRole", rolename: "more" })).toEqual([
      {
        command: "createRole",
        error: "The dynamic security file cannot be used. Nothing was changed. Look for its fault in the log",
      },
    ]);
    expect(await refusal(url, { username: "plug", password: PASSWORD })).toBe(0);
    expect(text()).toBe('{ "clients": [\n');
    writeFileSync(path, OPEN);
    await vi.waitFor(async () => {
      expect(await send({ command: "listRoles" })).toMatchObject([{ data: { roles: ["admin", "r"] } }]);
    }, IN_FORCE);
  });

  test("that is taken away leaves everything as it was, and comes back with the next command", async () => {
    const { url, path, running, text } = await startDynsec(OPEN);
    const { send } = await admin(url);
    rmSync(path);
    await running.line(
      new RegExp(
        `error: dynamic-security\\.json of dynamic security not found in \\S+\\. The clients and roles read at ${CLOCK}, with the changes since, stay in use\\. The next command writes it anew\\. Put the file back\\.$`,
      ),
    );
    expect(await refusal(url, { username: "plug", password: PASSWORD })).toBe(0);
    expect(await send({ command: "createRole", rolename: "extra" })).toEqual([{ command: "createRole" }]);
    expect(JSON.parse(text()).roles).toHaveLength(3);
  });

  test("is told from what commands write: a hundred of them build no moment anew", async () => {
    const { url, running } = await startDynsec(OPEN);
    const { send } = await admin(url);
    for (let index = 0; index < 100; index++) await send({ command: "createRole", rolename: `r${index}` });
    running.signal("SIGHUP");
    await running.line(/nothing changed \(SIGHUP\)/);
    expect(running.lines.filter((line) => line.includes("is live"))).toEqual([]);
  });
});

test("a broken file at the first start lets nobody in by it, and leaves the others alone", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({
      dynamic_security: true,
      logins: [{ username: "meter", password: "m" }],
    }),
    "share/mosquitto/dynamic-security.json": "{",
  });
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  await running.line(
    /error: dynamic-security\.json line 1: this is not valid JSON\. Nobody can log in with it, and no device except Home Assistant and apps may use any topic\. Commands are refused\. Correct the file, or put back a copy of it\.$/,
  );
  expect(await refusal(url, { username: "admin", password: PASSWORD, protocolVersion: 5 })).toBe(0x87);
  const meter = await connect(url, { username: "meter", password: "m", protocolVersion: 5 });
  await expect(meter.client.publishAsync("a", "x", { qos: 1 })).rejects.toThrow(/Not authorized/);
  expect(readFileSync(join(folders.share, "mosquitto", "dynamic-security.json"), "utf8")).toBe("{");
});

test("the option makes its file in /share, and a login gets its rights from a client without a password", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({ dynamic_security: true, logins: [{ username: "meter", password: "m" }] }),
  });
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const path = join(folders.share, "mosquitto", "dynamic-security.json");
  const [, password = ""] = readFileSync(`${path}.pw`, "utf8").match(/^admin (\w+)\n$/) ?? [];
  const boss = await connect(url, { username: "admin", password, protocolVersion: 5 });
  await boss.client.subscribeAsync(`${DYNSEC}/response`);
  const meter = async () => connect(url, { username: "meter", password: "m", protocolVersion: 5 });
  await expect((await meter()).client.publishAsync("a", "x", { qos: 1 })).rejects.toThrow(/Not authorized/);
  const commands = [{ command: "createClient", username: "meter", roles: [{ rolename: "client" }] }];
  await boss.client.publishAsync(DYNSEC, JSON.stringify({ commands }), { qos: 1 });
  await boss.received([`${DYNSEC}/response {"responses":[{"command":"createClient"}]}`]);
  await (await meter()).client.publishAsync("a", "x", { qos: 1 });
  boss.messages.length = 0;
  await boss.client.publishAsync(DYNSEC, '{"commands":[{"command":"disableClient","username":"meter"}]}', { qos: 1 });
  await boss.received([`${DYNSEC}/response {"responses":[{"command":"disableClient"}]}`]);
  expect(await refusal(url, { username: "meter", password: "m", protocolVersion: 5 })).toBe(0x87);
});

test("without dynamic security its topic answers that there is nobody, to the asker alone", async () => {
  const running = await startAddon(layOut({ "data/options.json": JSON.stringify({ anonymous: true }) }));
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const [asker, other] = [await connect(url), await connect(url)];
  for (const { client } of [asker, other]) await client.subscribeAsync("$CONTROL/#");
  await asker.client.publishAsync(DYNSEC, '{"commands":[]}', { qos: 1, retain: true });
  await asker.received([`${DYNSEC}/response {"error":"endpoint not available"}`]);
  await other.client.publishAsync("$CONTROL/broker/v1", '{"commands":[]}', { qos: 1 });
  await other.received(['$CONTROL/broker/v1/response {"error":"endpoint not available"}']);
});
