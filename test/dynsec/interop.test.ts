import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { hashPassword } from "../../src/auth/password.ts";
import { createControl } from "../../src/dynsec/control.ts";
import { createDynsecFile } from "../../src/dynsec/file.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub } from "../helpers/mosquitto.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { ADMIN } from "./house.ts";

/** Where Debian puts the plugin of mosquitto 2.0. */
const PLUGIN = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((machine) => `/usr/lib/${machine}/mosquitto_dynamic_security.so`)
  .find((path) => existsSync(path));

/** Starts a real mosquitto on a dynamic security file; resolves to its port when it answers. */
async function startMosquitto(folder: string, file: string): Promise<number> {
  const port = await freePort();
  const conf = join(folder, "mosquitto.conf");
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous false", `plugin ${PLUGIN}`];
  // as root it would become a user that may not read the folder of the test
  writeFileSync(conf, [...lines, `plugin_opt_config_file ${file}`, "user root", ""].join("\n"));
  const child = spawn("mosquitto", ["-c", conf], { stdio: "ignore" });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await vi.waitFor(() => answers(port), { timeout: 10_000, interval: 20 });
  return port;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

describeWith(["mosquitto", "mosquitto_ctrl", "mosquitto_pub"], "with a real mosquitto 2.0", () => {
  test.skipIf(PLUGIN === undefined)("the file goes there and back", async () => {
    const folder = tempFolder();
    const path = join(folder, "dynamic-security.json");
    const init = ["dynsec", "init", path, "admin", "adminpw"];
    await promisify(execFile)("mosquitto_ctrl", init, { timeout: 10_000 });

    // made by mosquitto_ctrl, changed by us
    const file = createDynsecFile({ path, shown: "dynamic-security.json" });
    const { state, problems } = await file.load();
    expect(problems).toEqual([]);
    if (state === null) throw new Error("mosquitto_ctrl made a file that cannot be read");
    const control = createControl({
      state: () => state,
      save: file.save,
      hash: hashPassword,
      connected: () => [],
      brokeDown: (_, error) => expect.unreachable(String(error)),
    });
    const commands = [
      { command: "createRole", rolename: "cams", maxpublishrate: 5 },
      { command: "addRoleACL", rolename: "cams", acltype: "publishClientSend", topic: "cam/#", allow: true },
      { command: "createClient", username: "cam", password: "pässwörd", clientids: ["cam-*"] },
      { command: "createGroup", groupname: "all", roles: [{ rolename: "cams" }] },
      { command: "addGroupClient", groupname: "all", username: "cam" },
    ];
    const { reply } = await control.request(Buffer.from(JSON.stringify({ commands })), ADMIN);
    expect(reply).not.toContain('"error"');

    // used and changed by mosquitto
    const port = await startMosquitto(folder, path);
    const publish = async (password: string, topic: string): Promise<string> => {
      const login = ["-V", "5", "-i", "cam-1", "-u", "cam", "-P", password];
      return (await mosquittoPub(port, [...login, "-q", "1", "-t", topic, "-m", "x", "-d"])).output;
    };
    expect(await publish("wrong", "cam/1")).toMatch(/CONNACK \(135\)|Not authorized/);
    expect(await publish("pässwörd", "cam/1")).toContain("received PUBACK (Mid: 1, RC:16)");
    expect(await publish("pässwörd", "lamp/1")).toContain("received PUBACK (Mid: 1, RC:135)");
    const ctrl = ["-h", "127.0.0.1", "-p", String(port), "-u", "admin", "-P", "adminpw", "dynsec"];
    await promisify(execFile)("mosquitto_ctrl", [...ctrl, "createRole", "theirs"], { timeout: 10_000 });
    const { stdout } = await promisify(execFile)("mosquitto_ctrl", [...ctrl, "getGroup", "all"], { timeout: 10_000 });
    expect(stdout).toMatch(/Groupname:\s+all[\s\S]*Roles:\s+cams[\s\S]*Clients:\s+cam/);

    // and back
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toContain('"theirs"'), { timeout: 5_000, interval: 20 });
    const again = await file.load();
    expect(again.problems).toEqual([]);
    expect(again.state?.roles.sorted().map(({ name }) => name)).toEqual(["admin", "cams", "theirs"]);
    expect(again.state?.clients.get("cam")?.password?.hash).toBe(state.clients.get("cam")?.password?.hash);
  });
});
