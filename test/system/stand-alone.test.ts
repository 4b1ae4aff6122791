import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/free-port.ts";
import { launch, layOut, save, type Running } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const root = join(import.meta.dirname, "..", "..");

/** Runs a conf in which PORT stands for a free port. */
async function start(
  conf: string,
  ...args: string[]
): Promise<Running & { readonly url: string; readonly folder: string }> {
  const folder = tempFolder();
  save(join(folder, "mosquitto.conf"), conf.replace("PORT", String(await freePort())));
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf"), ...args]);
  await running.line(/ ready: /);
  return { ...running, folder, url: `mqtt://127.0.0.1:${running.port("mqtt")}` };
}

function culex(args: readonly string[], input = ""): { readonly code: number | null; readonly out: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["src/main.ts", ...args], {
    cwd: root,
    input,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { code: status, out: stdout + stderr };
}

describe("culex run", () => {
  test("without a file listens on loopback only and lets everyone in, as mosquitto 2 does", async () => {
    const running = launch(["src/main.ts", "-p", "0"]);
    expect(await running.line(/ ready: /)).toMatch(/ready: mqtt:\/\/127\.0\.0\.1:\d+( mqtt:\/\/\[::1\]:\d+)? after/);
    const client = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { protocolVersion: 5 });
    await client.client.subscribeAsync("a");
    await client.client.publishAsync("a", "x");
    await client.received(["a x"]);
    expect(await running.stop()).toBe(0);
  });

  test("reads a mosquitto.conf with mosquitto's own arguments", async () => {
    const { url } = await start("listener PORT 127.0.0.1\nallow_anonymous true\n");
    expect(await refusal(url)).toBe(0);
  });

  test("refuses anonymous clients once a listener is configured", async () => {
    const { url } = await start("listener PORT 127.0.0.1\n");
    expect(await refusal(url, { protocolVersion: 4 })).toBe(5);
  });

  test("checks a password file and an ACL file beside the conf", async () => {
    const folder = tempFolder();
    const hash = execFileSync(process.execPath, ["src/main.ts", "passwd", "alice"], {
      cwd: root,
      input: "secret\n",
      encoding: "utf8",
    });
    save(join(folder, "passwd"), hash);
    save(join(folder, "acl"), "user alice\ntopic readwrite home/#\n");
    save(
      join(folder, "mosquitto.conf"),
      `listener ${await freePort()} 127.0.0.1\npassword_file passwd\nacl_file acl\n`,
    );
    const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
    await running.line(/ ready: /);
    const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
    expect(await refusal(url, { username: "alice", password: "wrong", protocolVersion: 4 })).toBe(5);
    const alice = await connect(url, { username: "alice", password: "secret", protocolVersion: 5 });
    await alice.client.subscribeAsync("#");
    await alice.client.publishAsync("home/x", "yes", { qos: 1 });
    await expect(alice.client.publishAsync("other", "no", { qos: 1 })).rejects.toThrow(/Not authorized/i);
    await alice.received(["home/x yes"]);
  });

  test("tells MQTT 5 clients that the server shuts down (0x8B) and ends with 0", async () => {
    const { url, stop } = await start("listener PORT 127.0.0.1\nallow_anonymous true\n");
    const { client } = await connect(url, { protocolVersion: 5 });
    const goodbye = new Promise<number | undefined>((resolve) => {
      client.once("disconnect", ({ reasonCode }) => resolve(reasonCode));
    });
    expect(await stop()).toBe(0);
    expect(await goodbye).toBe(0x8b);
  });

  test("-v writes every line, debug included", async () => {
    const { url, line } = await start("listener PORT 127.0.0.1\nallow_anonymous true\nlog_type error\n", "-v");
    const { client } = await connect(url, { clientId: "talker" });
    await client.subscribeAsync("a/b");
    await line(/talker 0 a\/b$/);
  });

  test("a file that does not exist is exit code 78 and a sentence", () => {
    const { code, out } = culex(["-c", "/nowhere/mosquitto.conf"]);
    expect(code).toBe(78);
    expect(out).toContain("mosquitto.conf not found in /nowhere.");
  });

  test("a port in use by another program is named, and with nothing left to run the code is 78", async () => {
    const { port } = await start("listener PORT 127.0.0.1\n");
    const folder = tempFolder();
    save(join(folder, "mosquitto.conf"), `listener ${port("mqtt")} 127.0.0.1\n`);
    const { code, out } = culex(["-c", join(folder, "mosquitto.conf")]);
    expect(code).toBe(78);
    expect(out).toContain(`Port ${port("mqtt")} is in use by another program`);
  });

  test("an argument it does not know is explained", () => {
    expect(culex(["--bogus"]).out).toMatch(/^culex: .*--bogus[\s\S]*Usage:/);
    expect(culex(["fly"]).out).toMatch(/^culex: "fly" is not a command/);
  });
});

describe("culex check", () => {
  test("is content with a sound conf (0), in mosquitto's words too", () => {
    const folder = tempFolder();
    save(join(folder, "mosquitto.conf"), "listener 1883\nallow_anonymous true\n");
    expect(culex(["check", "-c", join(folder, "mosquitto.conf")])).toEqual({
      code: 0,
      out: `ok: mosquitto.conf line 1: "listener" is carried out.
ok: mosquitto.conf line 2: "allow_anonymous" is carried out.
2 of 2 lines carried out as written.
Configuration is OK.
`,
    });
    expect(culex(["-c", join(folder, "mosquitto.conf"), "--test-config"])).toEqual({
      code: 0,
      out: "Configuration is OK.\n",
    });
  });

  test("gives 1 for warnings and 2 for errors, each with its place", () => {
    const folder = tempFolder();
    save(join(folder, "mosquitto.conf"), "listener 1883\nallow_anonymous true\npid_file x.pid\n");
    const warned = culex(["check", "-c", join(folder, "mosquitto.conf")]);
    expect(warned.code).toBe(1);
    expect(warned.out).toContain('mosquitto.conf line 3: "pid_file"');
    save(join(folder, "acl"), "user x\ntopic readwite a\n");
    save(join(folder, "mosquitto.conf"), "listener 1883\nallow_anonymous true\nacl_file acl\n");
    const failed = culex(["check", "-c", join(folder, "mosquitto.conf")]);
    expect(failed.code).toBe(2);
    expect(failed.out).toContain(
      'error: acl line 2: "readwite" is not an access type. Nobody may use any topic. Did you mean "readwrite"?',
    );
  });

  test("reads the app's options and share folder", () => {
    const { data, share, ssl } = layOut({
      "data/options.json": JSON.stringify({
        logins: [{ username: "addons", password: "x" }],
        customize: { active: true, folder: "mosquitto" },
      }),
      "share/mosquitto/acl.conf": "acl_file /share/mosquitto/list\n",
    });
    const { code, out } = culex([
      "check",
      "--options",
      join(data, "options.json"),
      "--share",
      share,
      "--ssl",
      ssl,
      "--data",
      data,
    ]);
    expect(code).toBe(2);
    expect(out).toContain(
      'logins: the name "addons" is reserved for other apps. This login is ignored. Choose another name.',
    );
    expect(out).toContain("ACL file list not found in /share/mosquitto.");
    expect(out).not.toContain(share);
  });
});

describe("culex passwd", () => {
  test("makes a line for a password file, and never takes the password from the command line", () => {
    const { code, out } = culex(["passwd", "alice"], "secret\n");
    expect(code).toBe(0);
    expect(out).toMatch(/^alice:\$7\$\d{6}\$[\w+/=]{16}\$[\w+/=]{88}\n$/);
    expect(culex(["passwd", "alice", "secret"], "").code).toBe(78);
  });

  test("refuses an empty password and a name with a colon", () => {
    expect(culex(["passwd"], "\n")).toEqual({ code: 2, out: "An empty password is not accepted.\n" });
    expect(culex(["passwd", "a:b"], "x\n").code).toBe(2);
  });
});
