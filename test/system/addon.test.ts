import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { layOut, launch, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { startSupervisor, type FakeSupervisor, type SupervisorOptions } from "../helpers/supervisor.ts";

async function supervisorWith(users: SupervisorOptions["users"] = {}): Promise<FakeSupervisor> {
  const supervisor = await startSupervisor({ users, services: ["mqtt:provide"], discovery: ["mqtt"] });
  onTestFinished(supervisor.stop);
  return supervisor;
}

function systemPassword(folders: Folders, name: "homeassistant" | "addons"): string {
  const file: unknown = JSON.parse(readFileSync(join(folders.data, "system_user.json"), "utf8"));
  return String(
    Object.entries(Object(file))
      .find(([key]) => key === name)
      ?.map((value) => Object(value).password)[1],
  );
}

function url(running: Running, protocol = "mqtt"): string {
  return `${protocol}://127.0.0.1:${running.port(protocol)}`;
}

describe("a fresh installation", () => {
  test("says where it listens, registers, serves, and withdraws when it is stopped", async () => {
    const supervisor = await supervisorWith();
    const folders = layOut({ "data/options.json": "{}" });
    const running = await startAddon(folders, supervisor);
    expect(await running.line(/ ready: /)).toMatch(
      / ready: mqtt:\/\/127\.0\.0\.1:\d+ ws:\/\/127\.0\.0\.1:\d+ after \d+ ms$/,
    );

    await vi.waitFor(() => expect(supervisor.service?.addon).toBe(supervisor.slug), { timeout: 10_000 });
    expect(supervisor.service?.data).toEqual({
      host: supervisor.hostname,
      port: running.port("mqtt"),
      ssl: false,
      protocol: "3.1.1",
      username: "addons",
      password: systemPassword(folders, "addons"),
    });
    await vi.waitFor(() => expect(supervisor.discovery).toHaveLength(1), { timeout: 10_000 });
    expect(supervisor.discovery[0]?.config).toMatchObject({
      username: "homeassistant",
      password: systemPassword(folders, "homeassistant"),
    });

    expect(await running.stop()).toBe(0);
    expect(supervisor.service).toBeNull();
    const printed = running.lines.join("\n");
    for (const secret of [
      supervisor.token,
      systemPassword(folders, "addons"),
      systemPassword(folders, "homeassistant"),
    ]) {
      expect(printed).not.toContain(secret);
    }
  });

  test("keeps its system users in a file that only it can read, over restarts", async () => {
    const folders = layOut({ "data/options.json": "{}" });
    await (await startAddon(folders)).stop();
    const first = readFileSync(join(folders.data, "system_user.json"), "utf8");
    expect(statSync(join(folders.data, "system_user.json")).mode & 0o777).toBe(0o600);
    await (await startAddon(folders)).stop();
    expect(readFileSync(join(folders.data, "system_user.json"), "utf8")).toBe(first);
  });

  test("with every port switched off has nothing to run and says so with exit code 78", async () => {
    const folders = layOut({ "data/options.json": "{}" });
    const running = launch(["addon/main.ts"], {
      CULEX_DATA_DIR: folders.data,
      CULEX_SHARE_DIR: folders.share,
      CULEX_SSL_DIR: folders.ssl,
      CULEX_PORTS: ",,,",
    });
    expect(await running.ended).toBe(78);
    expect(running.lines.join("\n")).toContain("No listener could be opened.");
  });
});

describe("who may log in", () => {
  test("a user of Home Assistant, with mosquitto's own clients in each version", async () => {
    const supervisor = await supervisorWith({ klaus: "geheim" });
    const running = await startAddon(layOut({ "data/options.json": "{}" }), supervisor);
    for (const version of ["31", "311", "5"]) {
      const sub = await mosquittoSub(running.port("mqtt"), [
        "-V",
        version,
        "-u",
        "klaus",
        "-P",
        "geheim",
        "-t",
        `v/${version}`,
      ]);
      const sent = ["-V", version, "-u", "klaus", "-P", "geheim", "-t", `v/${version}`, "-m", "hi", "-q", "1"];
      expect(await mosquittoPub(running.port("mqtt"), sent)).toEqual({ code: 0, output: "" });
      await sub.received([`v/${version} hi`]);
    }
    expect(supervisor.count("POST /auth")).toBe(1);
  });

  test("nobody with a wrong password: 5 in MQTT 3.1.1 and 0x87 in MQTT 5, with a line that says why", async () => {
    const supervisor = await supervisorWith({ klaus: "geheim" });
    const running = await startAddon(layOut({ "data/options.json": "{}" }), supervisor);
    const login = { username: "klaus", password: "falsch", clientId: "esp-1" };
    expect(await refusal(url(running), { ...login, protocolVersion: 4 })).toBe(5);
    expect(await refusal(url(running), { ...login, protocolVersion: 5 })).toBe(0x87);
    await running.line(/Device esp-1 at 127\.0\.0\.1 was refused: Home Assistant did not accept the login of klaus/);
    expect(running.lines.join("\n")).not.toContain("falsch");
  });

  test("nobody whom Home Assistant cannot be asked about: 3 and 0x88, and the system users all the same", async () => {
    const supervisor = await supervisorWith({ klaus: "geheim" });
    const folders = layOut({ "data/options.json": "{}" });
    const running = await startAddon(folders, supervisor);
    supervisor.core = "hanging";
    supervisor.hangMs = 300;
    const login = { username: "klaus", password: "geheim" };
    expect(await refusal(url(running), { ...login, protocolVersion: 4 })).toBe(3);
    expect(await refusal(url(running), { ...login, protocolVersion: 5 })).toBe(0x88);
    await running.line(
      /Home Assistant is not answering yet, so the login of klaus cannot be checked\. The device was told to try again \(server unavailable\)/,
    );
    await connect(url(running), {
      username: "homeassistant",
      password: systemPassword(folders, "homeassistant"),
      protocolVersion: 5,
    });
    supervisor.core = "running";
    await vi.waitFor(async () => expect(await refusal(url(running), login)).toBe(0), {
      timeout: 15_000,
      interval: 500,
    });
  });

  test("local logins, whatever characters their passwords hold, without asking Home Assistant", async () => {
    const supervisor = await supervisorWith();
    const passwords = [": # $", String.raw`" \ "`, " space ", "päss🔑", "$6$notahash"];
    const logins = passwords.map((password, index) => ({ username: `user${index}`, password }));
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify({ logins }) }), supervisor);
    for (const { username, password } of logins) {
      expect(await refusal(url(running), { username, password }), password).toBe(0);
    }
    expect(supervisor.count("POST /auth")).toBe(0);
  });

  test("a hashed login as the official app documents it", async () => {
    const hash =
      "PBKDF2$sha512$100000$qsU7xQ8YCV/9nRuBBJVTxA==$jqw94Ej3aEr97UofY6rClmVCRkTdDiubQW0A6ZYmUI+pZjW9Hax+2w2FeYB3y5ut1SliB7+HAwIl2iONLKkohw==";
    const options = { logins: [{ username: "foo", password: hash, password_pre_hashed: true }] };
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify(options) }));
    expect(await refusal(url(running), { username: "foo", password: "foo" })).toBe(0);
    expect(await refusal(url(running), { username: "foo", password: hash })).toBe(5);
  });

  test("nobody takes a reserved name, in any spelling", async () => {
    const supervisor = await supervisorWith({ homeassistant: "mine", addons: "mine" });
    const options = {
      logins: [
        { username: "addons", password: "mine" },
        { username: "HomeAssistant", password: "mine" },
      ],
    };
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify(options) }), supervisor);
    for (const username of ["addons", "homeassistant", "Addons", " homeassistant ", "HOMEASSISTANT"]) {
      expect(await refusal(url(running), { username, password: "mine" }), username).toBe(5);
    }
    expect(supervisor.count("POST /auth")).toBe(0);
    await running.line(/logins: the name "addons" is reserved/);
  });
});

describe("anonymous", () => {
  test("is off by default", async () => {
    const running = await startAddon(layOut({ "data/options.json": "{}" }));
    expect(await refusal(url(running), { protocolVersion: 4 })).toBe(5);
    await running.line(/sent no user name/);
  });

  test("reads and does not publish when logins are set", async () => {
    const options = { anonymous: true, logins: [{ username: "writer", password: "w" }] };
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify(options) }));
    const guest = await connect(url(running), { protocolVersion: 5 });
    const writer = await connect(url(running), { username: "writer", password: "w" });
    await guest.client.subscribeAsync("#");
    await expect(guest.client.publishAsync("guest/says", "no", { qos: 1 })).rejects.toThrow(/Not authorized/i);
    await writer.client.publishAsync("writer/says", "yes", { qos: 1 });
    await guest.received(["writer/says yes"]);
    expect(guest.wasClosed()).toBe(false);
  });

  test("reads and publishes without logins", async () => {
    const running = await startAddon(layOut({ "data/options.json": JSON.stringify({ anonymous: true }) }));
    const guest = await connect(url(running, "ws"));
    await guest.client.subscribeAsync("#");
    await guest.client.publishAsync("guest/says", "yes", { qos: 1 });
    await guest.received(["guest/says yes"]);
  });
});

describe("an ACL file in /share", () => {
  const files = {
    "data/options.json": JSON.stringify({
      logins: [
        { username: "meter", password: "m" },
        { username: "panel", password: "p" },
      ],
      customize: { active: true, folder: "mosquitto" },
    }),
    "share/mosquitto/acl.conf": "acl_file /share/mosquitto/accesscontrollist\n",
    "share/mosquitto/accesscontrollist": "user meter\ntopic write meters/#\nuser panel\ntopic read meters/#\n",
  };

  test("is enforced for publishing and delivery, and a denial leaves the connection alone", async () => {
    const running = await startAddon(layOut(files));
    const panel = await connect(url(running), { username: "panel", password: "p", protocolVersion: 5 });
    const meter = await connect(url(running), {
      username: "meter",
      password: "m",
      protocolVersion: 4,
      clientId: "meter-1",
    });
    await panel.client.subscribeAsync("#");
    await meter.client.subscribeAsync("#");
    await meter.client.publishAsync("lights/x", "no", { qos: 1 });
    await meter.client.publishAsync("meters/1", "yes", { qos: 1 });
    await panel.received(["meters/1 yes"]);
    await expect(panel.client.publishAsync("meters/1", "no", { qos: 2 })).rejects.toThrow(/Not authorized/i);
    expect([panel.wasClosed(), meter.wasClosed(), meter.messages]).toEqual([false, false, []]);
    await running.line(
      /Device meter-1 \(user meter\) may not publish to lights\/x: no rule of user meter matches; default is deny \(accesscontrollist\)/,
    );
    await running.line(/accesscontrollist has no rule for user homeassistant/);
  });

  test("lets Home Assistant pass, except to $SYS", async () => {
    const folders = layOut(files);
    const running = await startAddon(folders);
    const login = {
      username: "homeassistant",
      password: systemPassword(folders, "homeassistant"),
      protocolVersion: 5 as const,
    };
    const core = await connect(url(running), login);
    await core.client.subscribeAsync("any/#");
    await core.client.publishAsync("any/thing", "yes", { qos: 1 });
    await core.received(["any/thing yes"]);
    await expect(core.client.publishAsync("$SYS/broker/uptime", "0", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  });

  test("that is missing at the first start denies everyone but the system users", async () => {
    const { "share/mosquitto/accesscontrollist": _missing, ...rest } = files;
    const running = await startAddon(layOut(rest));
    await running.line(
      /ACL file accesscontrollist not found in \/share\/mosquitto\. No device except Home Assistant and apps may use any topic\. Create the file or remove the line in acl\.conf line 1\./,
    );
    const meter = await connect(url(running), { username: "meter", password: "m", protocolVersion: 5 });
    await expect(meter.client.publishAsync("meters/1", "no", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  });
});
