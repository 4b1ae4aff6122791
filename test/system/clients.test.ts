import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { layOut, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";

const LOGIN = { username: "meter", password: "m" };
const USER = ["-u", LOGIN.username, "-P", LOGIN.password];
const VERSIONS = ["31", "311", "5"] as const;

interface Site {
  readonly folders: Folders;
  readonly running: Running;
  /** Where the CA and the devices' certificates lie. */
  readonly pki: string;
}

/** An app with a certificate that clients can check, made by a CA in `pki`. */
async function site(options: object = {}): Promise<Site> {
  const pki = tempFolder();
  const ca = makePair(pki, { name: "ca", commonName: "Test CA" });
  const server = makePair(pki, { name: "server", commonName: "127.0.0.1", issuer: ca });
  makePair(pki, { name: "device", commonName: "device-1", issuer: ca });
  makePair(pki, { name: "ca-other", commonName: "Another CA" });
  const folders = layOut({ "data/options.json": JSON.stringify({ logins: [LOGIN], ...options }) });
  copyFileSync(server.certFile, join(folders.ssl, "fullchain.pem"));
  copyFileSync(server.keyFile, join(folders.ssl, "privkey.pem"));
  copyFileSync(ca.certFile, join(folders.ssl, "ca.pem"));
  return { folders, running: await startAddon(folders), pki };
}

describeWith(["mosquitto_pub", "mosquitto_sub", "openssl"], "mosquitto's clients", () => {
  test.each(VERSIONS)("exchange messages of every QoS over TCP (-V %s)", async (version) => {
    const { running } = await site();
    const port = running.port("mqtt");
    const sub = await mosquittoSub(port, ["-V", version, ...USER, "-q", "2", "-t", "house/#"]);
    for (const qos of ["0", "1", "2"]) {
      const sent = await mosquittoPub(port, ["-V", version, ...USER, "-q", qos, "-t", `house/${qos}`, "-m", `q${qos}`]);
      expect(sent).toEqual({ code: 0, output: "" });
    }
    await vi.waitFor(() => expect(sub.messages.toSorted()).toEqual(["house/0 q0", "house/1 q1", "house/2 q2"]), {
      timeout: 5_000,
    });
  });

  test.each(VERSIONS)("get retained messages (-V %s)", async (version) => {
    const { running } = await site();
    const port = running.port("mqtt");
    await mosquittoPub(port, ["-V", version, ...USER, "-q", "1", "-r", "-t", "kept", "-m", "value"]);
    const sub = await mosquittoSub(port, ["-V", version, ...USER, "-t", "kept"]);
    await sub.received(["kept value"]);
  });

  test.each(VERSIONS)("talk TLS and check the certificate (-V %s)", async (version) => {
    const { running, pki } = await site();
    const port = running.port("mqtts");
    const tls = ["-V", version, "--cafile", join(pki, "ca.pem"), ...USER];
    const sub = await mosquittoSub(port, [...tls, "-t", "a"]);
    expect(await mosquittoPub(port, [...tls, "-t", "a", "-m", "over TLS"])).toEqual({ code: 0, output: "" });
    await sub.received(["a over TLS"]);
    const distrust = await mosquittoPub(port, ["--cafile", join(pki, "ca-other.pem"), ...USER, "-t", "a", "-m", "x"]);
    expect(distrust.code).not.toBe(0);
  });

  test("need a certificate of our CA and a login where require_certificate is on", async () => {
    const { running, pki } = await site({ require_certificate: true, cafile: "ca.pem" });
    const port = running.port("mqtts");
    const trust = ["--cafile", join(pki, "ca.pem"), "-t", "a", "-m", "x", "-q", "1"];
    const own = ["--cert", join(pki, "device.pem"), "--key", join(pki, "device.key")];
    const foreign = ["--cert", join(pki, "ca-other.pem"), "--key", join(pki, "ca-other.key")];
    expect((await mosquittoPub(port, [...trust, ...own, ...USER])).code).toBe(0);
    expect((await mosquittoPub(port, [...trust, ...own])).output).toMatch(/not authori[sz]ed/i);
    expect((await mosquittoPub(port, [...trust, ...USER])).code).not.toBe(0);
    expect((await mosquittoPub(port, [...trust, ...foreign, ...USER])).code).not.toBe(0);
    await running.line(/sent no certificate/);
  });

  test("hear why on the plain port when they speak TLS", async () => {
    const { running, pki } = await site();
    const port = running.port("mqtt");
    await mosquittoPub(port, ["--cafile", join(pki, "ca.pem"), ...USER, "-t", "a", "-m", "x"]);
    await running.line(/127\.0\.0\.1 speaks TLS on port \d+\./);
  });
});

describe("mqtt.js", () => {
  test.each(["mqtt", "ws", "mqtts", "wss"])("exchanges messages over %s in each version", async (protocol) => {
    const { running } = await site();
    const path = protocol.startsWith("ws") ? "/any/path" : "";
    const url = `${protocol}://127.0.0.1:${running.port(protocol)}${path}`;
    for (const version of [3, 4, 5] as const) {
      const protocolId = version === 3 ? "MQIsdp" : "MQTT";
      const client = await connect(url, { ...LOGIN, protocolVersion: version, protocolId, rejectUnauthorized: false });
      await client.client.subscribeAsync(`js/${version}`, { qos: 2 });
      await client.client.publishAsync(`js/${version}`, "hello", { qos: 2 });
      await client.received([`js/${version} hello`]);
    }
  });
});

const python = join(import.meta.dirname, "..", "..", "local", "python", "bin", "python3");

const PAHO = `
import sys, threading
import paho.mqtt.client as mqtt
port, version = int(sys.argv[1]), int(sys.argv[2])
got = threading.Event()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="paho", protocol=version)
client.username_pw_set("meter", "m")
client.on_connect = lambda c, *_: c.subscribe("paho/#", 2)
client.on_subscribe = lambda c, *_: c.publish("paho/x", "hello", 2)
client.on_message = lambda c, u, m: (print(m.topic, m.payload.decode(), m.qos), got.set())
client.connect("127.0.0.1", port)
client.loop_start()
sys.exit(0 if got.wait(10) else 1)
`;

describe.skipIf(!existsSync(python))(
  "Paho Python (needs local/python with paho-mqtt: made by npm test where pip works)",
  () => {
    test.each([3, 4, 5])("exchanges messages in protocol version %i", async (version) => {
      const { running } = await site();
      const { stdout } = await promisify(execFile)(python, ["-c", PAHO, String(running.port("mqtt")), String(version)]);
      expect(stdout).toBe("paho/x hello 2\n");
    });
  },
);
