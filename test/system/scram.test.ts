import { readFileSync } from "node:fs";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { layOut, startAddon } from "../helpers/culex.ts";
import { scramClient } from "../helpers/scram-client.ts";

const METHOD = "SCRAM-SHA-256";

/** Logs in with mqtt.js and resolves with what the broker says last; rejects when it is refused. */
function enter(url: string, username: string, password: string): Promise<string> {
  const scram = scramClient(username, password);
  const client: MqttClient = mqtt.connect(url, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    manualConnect: true,
    properties: { authenticationMethod: METHOD, authenticationData: scram.first },
  });
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  client.handleAuth = ({ properties }, callback) => {
    const authenticationData = scram.final(properties?.authenticationData ?? Buffer.alloc(0));
    callback(undefined, {
      cmd: "auth",
      reasonCode: 0x18,
      properties: { authenticationMethod: METHOD, authenticationData },
    });
  };
  return new Promise((resolve, reject) => {
    client.once("connect", ({ properties }) => {
      const said = properties?.authenticationData?.toString() ?? "";
      resolve(said === scram.serverFinal() ? "proven" : `not proven: ${said}`);
    });
    client.once("error", reject);
    client.connect();
  });
}

test("a login of the options and a system user prove themselves by SCRAM; a hashed one is refused, and the log says why", async () => {
  const logins = [
    { username: "plug", password: "a long password" },
    {
      username: "meter",
      password: `$6$${Buffer.alloc(12).toString("base64")}$${Buffer.alloc(64).toString("base64")}`,
      password_pre_hashed: true,
    },
  ];
  const folders = layOut({ "data/options.json": JSON.stringify({ logins }) });
  const running = await startAddon(folders);
  const tcp = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  expect(await enter(tcp, "plug", "a long password")).toBe("proven");
  expect(await enter(`ws://127.0.0.1:${running.port("ws")}`, "plug", "a long password")).toBe("proven");
  const { homeassistant } = JSON.parse(readFileSync(join(folders.data, "system_user.json"), "utf8"));
  expect(await enter(tcp, "homeassistant", homeassistant.password)).toBe("proven");
  await expect(enter(tcp, "plug", "a wrong password")).rejects.toMatchObject({ code: 0x87 });
  await expect(enter(tcp, "meter", "hashed")).rejects.toMatchObject({ code: 0x87 });
  await running.line(/wrong password for user plug/);
  await running.line(/the password of user meter is stored as a hash, which SCRAM-SHA-256 cannot be checked against/);
});
