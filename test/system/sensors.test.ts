import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { type Folders, layOut, startAddon } from "../helpers/culex.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";
import { tempFolder } from "../helpers/temp.ts";

const LOGINS = [{ username: "ha", password: "x" }];
const HA = { username: "ha", password: "x" };

function writeOptions({ data }: Folders, options: Readonly<Record<string, unknown>>): void {
  writeFileSync(join(data, "options.json"), JSON.stringify({ logins: LOGINS, ...options }));
}

/** What Home Assistant would see: it subscribes to announcements, and to the values that they name. */
async function watch(port: number): Promise<TestClient> {
  const seen = await connect(`mqtt://127.0.0.1:${port}`, { ...HA, clientId: "ha" });
  await seen.client.subscribeAsync(["homeassistant/#", "culex/#"], { qos: 1 });
  return seen;
}

async function saw({ messages }: TestClient, message: RegExp): Promise<void> {
  await vi.waitFor(() => expect(messages.filter((line) => message.test(line))).not.toEqual([]), {
    timeout: 10_000,
    interval: 20,
  });
}

test("the figures are sensors of Home Assistant, switched on and off while it runs, past every rule", async () => {
  const folders = layOut({ "share/mosquitto/a.conf": "acl_file /share/mosquitto/acl\n" });
  writeFileSync(join(folders.share, "mosquitto", "acl"), "user ha\ntopic read homeassistant/#\ntopic read culex/#\n");
  const { cert, key } = makePair(tempFolder(), { name: "house", commonName: "house", days: 7 });
  writeFileSync(join(folders.ssl, "fullchain.pem"), cert);
  writeFileSync(join(folders.ssl, "privkey.pem"), key);
  const own = { customize: { active: true } };
  writeOptions(folders, own);
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,,0,,," });
  const seen = await watch(running.port("mqtt"));

  writeOptions(folders, { ...own, sensors: { active: true, devices: ["ha"] } });
  await saw(seen, /^culex\/status online$/);
  await saw(seen, /^culex\/binary_sensor\/device_ha ON$/);
  // seven days but for some seconds
  expect(seen.messages).toContain("culex/sensor/certificate_days 6");
  expect(seen.messages).toContain("culex/sensor/clients 1");
  const announced = seen.messages.filter((line) => line.startsWith("homeassistant/"));
  expect(announced.map((line) => line.slice(0, line.indexOf(" ")))).toEqual([
    ...["clients", "messages_in", "messages_out", "retained", "dropped", "denied", "refused", "certificate_days"].map(
      (name) => `homeassistant/sensor/culex/${name}/config`,
    ),
    ...["memory", "started", "version"].map((name) => `homeassistant/sensor/culex/${name}/config`),
    "homeassistant/binary_sensor/culex/device_ha/config",
  ]);

  seen.messages.splice(0);
  writeOptions(folders, own);
  await saw(seen, /^culex\/status $/);
  const late = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, HA);
  await late.client.subscribeAsync(["homeassistant/#", "culex/#"]);
  // behind what is retained
  await late.client.subscribeAsync("$SYS/broker/version");
  expect(late.messages).toEqual([]);
  await running.stop();
});

test("what was told before a restart is told to be away, and taken back when it is switched off meanwhile", async () => {
  const folders = layOut();
  writeOptions(folders, { sensors: { active: true, prefix: "house/ha" } });
  const env = { CULEX_PORTS: "0,,,,," };
  const first = await startAddon(folders, null, env);
  const seen = await connect(`mqtt://127.0.0.1:${first.port("mqtt")}`, HA);
  await seen.client.subscribeAsync("culex/status", { qos: 1 });
  await seen.received(["culex/status online"]);
  await first.stop();
  await seen.received(["culex/status online", "culex/status offline"]);

  writeOptions(folders, {});
  const second = await startAddon(folders, null, env);
  const late = await connect(`mqtt://127.0.0.1:${second.port("mqtt")}`, HA);
  await late.client.publishAsync("culex/of/somebody/else", "stays", { qos: 1, retain: true });
  await late.client.subscribeAsync(["house/#", "culex/#"], { qos: 1 });
  await late.received(["culex/of/somebody/else stays"]);
  await second.stop();
});

test("no device appears for the broker's own figures, and its problems are among them", async () => {
  const { get, broker, running } = await startPanelHouse({ logins: LOGINS, sensors: { active: true, interval: 10 } });
  onTestFinished(async () => void (await running.stop()));
  const seen = await connect(broker, { ...HA, clientId: "ha" });
  await seen.client.subscribeAsync("culex/sensor/+", { qos: 1 });
  await saw(seen, /^culex\/sensor\/problems \d+$/);
  expect(await get("clients")).toMatchObject({ items: [{ id: "ha" }], total: 1 });
  // it is announced, and in use
  expect(await get("discovery")).toMatchObject({
    items: [{ id: "culex", name: "Culex", probablyUnused: false }],
  });
});
