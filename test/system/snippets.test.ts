import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { layOut, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { client, dynsecText, may, PASSWORD } from "../helpers/dynsec.ts";
import { freePort } from "../helpers/free-port.ts";
import { startMosquittoIn } from "../helpers/mosquitto-broker.ts";
import { connect, refusal, type TestClient } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { expiry, kept, told } from "./probes.ts";

// What guides tell people to put into /share/mosquitto: here it does what they want it for. That each is understood
// without a word is in test/settings/snippets.test.ts.

const PATIENCE = { timeout: 15_000, interval: 20 };

function options(...usernames: readonly string[]): string {
  const logins = usernames.map((username) => ({ username, password: username }));
  return JSON.stringify({ logins, customize: { active: true, folder: "mosquitto" } });
}

const url = (port: number, protocol = "mqtt"): string => `${protocol}://127.0.0.1:${port}`;
const login = (name: string) => ({ username: name, password: name, clientId: name, protocolVersion: 5 }) as const;

/** A client as apps of Home Assistant are. */
async function app(folders: Folders, running: Running): Promise<TestClient> {
  const { addons } = Object(JSON.parse(readFileSync(join(folders.data, "system_user.json"), "utf8")));
  return connect(url(running.port("mqtt")), { username: "addons", password: Object(addons).password });
}

async function mayPublish({ client: publisher }: TestClient, topic: string): Promise<boolean> {
  return publisher.publishAsync(topic, "x", { qos: 1 }).then(
    () => true,
    () => false,
  );
}

test("rules, an open port for simple devices, sizes, queues and a log file, all in one folder", async () => {
  const open = await freePort();
  const folders = layOut({
    "data/options.json": options("teslamate", "door-sensor"),
    "share/mosquitto/acl.conf": "acl_file /share/mosquitto/accesscontrollist\n",
    "share/mosquitto/accesscontrollist": `user addons
topic readwrite #

user homeassistant
topic readwrite #

user teslamate
topic readwrite teslamate/#
topic read homeassistant/status

user door-sensor
topic write doors/front/#
pattern read devices/%u/cmd
pattern readwrite +
`,
    "share/mosquitto/open.conf": `listener ${open}\nlistener_allow_anonymous true\nmax_connections 20\n`,
    "share/mosquitto/size.conf": "max_packet_size 20000000\n",
    "share/mosquitto/log.conf": `log_type all
log_dest file /share/mosquitto/mosquitto.log
log_dest stdout
connection_messages true
log_timestamp_format %Y-%m-%dT%H:%M:%S
`,
    "share/mosquitto/queue.conf": `max_queued_messages 10000
max_inflight_messages 100
queue_qos0_messages true
persistent_client_expiration 14d
autosave_interval 300
`,
  });
  const running = await startAddon(folders);
  const port = running.port("mqtt");
  const observer = await app(folders, running);
  await observer.client.subscribeAsync("#");
  const tesla = await connect(url(port), login("teslamate"));
  const door = await connect(url(port), login("door-sensor"));
  await tesla.client.subscribeAsync("#");
  await door.client.subscribeAsync("#");
  const published = [
    await mayPublish(tesla, "teslamate/a"),
    await mayPublish(tesla, "homeassistant/status"),
    await mayPublish(door, "doors/front/1"),
    await mayPublish(door, "devices/door-sensor/cmd"),
  ];
  expect(published).toEqual([true, false, true, false]);
  for (const topic of ["homeassistant/status", "devices/door-sensor/cmd"])
    expect(await mayPublish(observer, topic)).toBe(true);
  await tesla.received(["teslamate/a x", "homeassistant/status x"]);
  await door.received(["devices/door-sensor/cmd x"]);

  expect([await refusal(url(port)), await refusal(url(open))]).toEqual([5, 0]);
  expect(await told(open, "maximumPacketSize")).toBe(20_000_000);
  expect(await told(open, "receiveMaximum")).toBe(100);
  expect(await expiry(open, 0xffff_ffff)).toBe(14 * 86_400);
  expect(await kept(open, 1, 0)).toBe(1);
  const log = join(folders.share, "mosquitto", "mosquitto.log");
  await vi.waitFor(
    () => expect(existsSync(log) ? readFileSync(log, "utf8") : "").toContain("door-sensor 0 #"),
    PATIENCE,
  );
  expect(readFileSync(log, "utf8")).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: Device teslamate at 127\.0\.0\.1 connected/m,
  );
});

test.each(["allow_anonymous true\n", "listener 1883\nallow_anonymous true\n"])(
  "anonymous devices come in, and nothing else changes: %j",
  async (conf) => {
    const folders = layOut({ "data/options.json": options("alice"), "share/mosquitto/a.conf": conf });
    const running = await startAddon(folders);
    const guest = await connect(url(running.port("mqtt")), { protocolVersion: 5 });
    await guest.client.subscribeAsync("a");
    await guest.client.publishAsync("a", "x", { qos: 1 });
    await guest.received(["a x"]);
    expect(await refusal(url(running.port("mqtt")), { ...login("alice"), password: "wrong" })).toBe(0x87);
  },
);

test("a complete file of a server, certificates as identity, and dynamic security", async () => {
  const [web, tls] = [await freePort(), await freePort()];
  const folders = layOut({
    "data/options.json": options(),
    "share/mosquitto/server.conf": `persistence true
persistence_location /data/
allow_anonymous false
password_file /share/mosquitto/passwd
acl_file /share/mosquitto/aclfile
listener ${web}
protocol websockets
`,
    "share/mosquitto/passwd": "meter:meter\n",
    "share/mosquitto/aclfile": "user meter\ntopic readwrite meters/#\nuser lamp\ntopic readwrite lamps/#\n",
    "share/mosquitto/tls.conf": `listener ${tls}
certfile /ssl/fullchain.pem
keyfile /ssl/fullchain.key
cafile /ssl/ca.pem
require_certificate true
use_identity_as_username true
`,
    "share/mosquitto/dynsec.conf": `per_listener_settings false
plugin /usr/lib/mosquitto_dynamic_security.so
plugin_opt_config_file /share/mosquitto/dynamic-security.json
`,
    "share/mosquitto/dynamic-security.json": dynsecText({
      clients: [client("boiler", { roles: [{ rolename: "heats" }] })],
      roles: [{ rolename: "heats", acls: [may("publishClientSend", "heat/#")] }],
    }),
  });
  const ca = makePair(folders.ssl, { name: "ca", commonName: "Test CA" });
  makePair(folders.ssl, { name: "fullchain", commonName: "localhost", issuer: ca });
  const { cert, key } = makePair(folders.ssl, { name: "lamp", commonName: "lamp", issuer: ca });
  const running = await startAddon(folders);

  const meter = await connect(url(web, "ws"), login("meter"));
  expect([await mayPublish(meter, "meters/1"), await mayPublish(meter, "lamps/1")]).toEqual([true, false]);
  expect(await refusal(url(web, "ws"), { protocolVersion: 5 })).toBe(0x87);
  const lamp = await connect(url(tls, "mqtts"), { ca: ca.cert, cert, key, protocolVersion: 5 });
  expect([await mayPublish(lamp, "lamps/1"), await mayPublish(lamp, "meters/1")]).toEqual([true, false]);
  const boiler = await connect(url(running.port("mqtt")), { ...login("boiler"), password: PASSWORD });
  expect([await mayPublish(boiler, "heat/1"), await mayPublish(boiler, "lamps/1")]).toEqual([true, false]);
  expect(existsSync(join(folders.data, "culex.db"))).toBe(true);
});

describeWith(["mosquitto"], "bridges", () => {
  test("of device brokers, a second house and a cloud carry what their lines say", async () => {
    const pki = tempFolder();
    mkdirSync(join(pki, "cas"));
    const ca = makePair(join(pki, "cas"), { name: "ca", commonName: "Test CA" });
    const server = makePair(pki, { name: "server", commonName: "localhost", issuer: ca });
    const open = ["allow_anonymous true", "sys_interval 1"];
    const device = await startMosquittoIn(tempFolder(), open);
    const tv = await startMosquittoIn(tempFolder(), open);
    const tls = [`certfile ${server.certFile}`, `keyfile ${server.keyFile}`];
    const cloud = await startMosquittoIn(tempFolder(), [...open, ...tls]);
    const folders = layOut({
      "data/options.json": options(),
      "share/mosquitto/gx.conf": `connection gx-device
address 127.0.0.1:${device.port}
topic N/# in 0
topic R/# out 0
topic W/# out 0
start_type automatic
allow_anonymous true
`,
      "share/mosquitto/cabin.conf": `connection cabin
address 127.0.0.1:${device.port}
remote_username bridge
remote_password secret
topic # both 1 cabin/ house/
cleansession false
start_type automatic
`,
      "share/mosquitto/status.conf": `connection status
address 127.0.0.1:${device.port}
cleansession true
topic "" in 0 mirror/uptime $SYS/broker/uptime
topic clients/total in 0 mirror/sys/ $SYS/broker/
`,
      "share/mosquitto/tv.conf": `connection livingroom-tv
address 127.0.0.1:${tv.port}
username svc
password svcpw
clientid HomeAssistant
start_type automatic
try_private true
topic /remoteapp/# both 0 tv ""
connection uplink
address 127.0.0.1:${tv.port}
remote_clientid a1b2c3d4
topic msh/# out 0
cleansession true
try_private false
`,
      "share/mosquitto/cloud.conf": `connection cloud
address localhost:${cloud.port}
remote_username house
remote_password p@ss w0rd#1
remote_clientid ha-house
local_clientid ha-house-local
bridge_protocol_version mqttv311
bridge_capath ${join(pki, "cas")}
bridge_insecure false
cleansession true
try_private false
notifications false
keepalive_interval 60
restart_timeout 5 30
topic home/# both 1
`,
    });
    const running = await startAddon(folders);
    const here = await connect(url(running.port("mqtt")));
    await here.client.subscribeAsync("#");
    const [atDevice, atTv, atCloud] = [
      await connect(url(device.port)),
      await connect(url(tv.port)),
      await connect(url(cloud.port, "mqtts"), { ca: ca.cert }),
    ];
    const there = [atDevice, atTv, atCloud];
    for (const { client: peer } of there) await peer.subscribeAsync("#");
    // the uptime comes in by itself, and the other bridges are asked until they carry something
    await vi.waitFor(async () => {
      await here.client.publishAsync("R/0", "x");
      await here.client.publishAsync("cabin/0", "x");
      await here.client.publishAsync("tv/remoteapp/0", "x");
      await here.client.publishAsync("msh/0", "x");
      await here.client.publishAsync("home/0", "x");
      expect(here.messages.some((message) => message.startsWith("mirror/uptime "))).toBe(true);
      expect(here.messages.some((message) => message.startsWith("mirror/sys/clients/total "))).toBe(true);
      expect(new Set(atDevice.messages)).toEqual(new Set(["R/0 x", "house/0 x"]));
      expect(new Set(atTv.messages)).toEqual(new Set(["/remoteapp/0 x", "msh/0 x"]));
      expect(new Set(atCloud.messages)).toEqual(new Set(["home/0 x"]));
    }, PATIENCE);
    for (const { client: peer } of there)
      for (const topic of ["N/1", "R/1", "house/1", "/remoteapp/1", "msh/1", "home/1"])
        await peer.publishAsync(topic, "in", { qos: 1 });
    await vi.waitFor(() => {
      expect(here.messages.filter((message) => message.endsWith(" in")).toSorted()).toEqual(
        ["N/1 in", "cabin/1 in", "tv/remoteapp/1 in", "home/1 in"].toSorted(),
      );
    }, PATIENCE);
  });
});
