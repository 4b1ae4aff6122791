import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { launch, save, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const VERSION_1 = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 1883\r\n";
/** The same, and what stands behind the addresses: a type, two bytes of length, the value. */
function version2(values = ""): Buffer {
  const length = (12 + values.length / 2).toString(16).padStart(4, "0");
  return Buffer.from(`0d0a0d0a000d0a515549540a2111${length}c0000207c0000201dc04075b${values}`, "hex");
}
const CONNECT = Buffer.from("100d00044d5154540402003c000161", "hex");
const BY_TLS = "2000050100000000";
const WITH_CERTIFICATE = "20000d07000000002200056d65746572";

/** Runs a listener with these lines. */
async function start(lines: string, folder = tempFolder()): Promise<Running & { readonly at: number }> {
  const at = await freePort();
  save(join(folder, "mosquitto.conf"), `allow_anonymous true\nlistener ${at} 127.0.0.1\n${lines}\n`);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  return { ...running, at };
}

/** A proxy that says this before anything else; gives its port. */
async function proxyTo(port: number, header: string | Buffer): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connectSocket({ port, host: "127.0.0.1" });
    for (const socket of [client, onward]) sockets.add(socket.on("error", () => undefined));
    // in one piece with the first bytes of the client
    client.once("data", (first) => {
      onward.write(Buffer.concat([Buffer.from(header), Buffer.from(first)]));
      client.pipe(onward).pipe(client);
    });
    onward.once("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

/** Sends bytes and waits until the broker closes. */
async function closedAfter(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connectSocket({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume().write(bytes);
  await closed;
}

describe("enable_proxy_protocol", () => {
  test.each([
    ["1", VERSION_1],
    ["2", version2()],
  ])("%s: the address that the proxy tells is in the log and below $SYS", async (version, header) => {
    const running = await start(`enable_proxy_protocol ${version}`);
    const port = await proxyTo(running.at, header);
    const watcher = await connect(`mqtt://127.0.0.1:${port}`, { clientId: "watcher" });
    await watcher.client.subscribeAsync("$SYS/brokers/+/clients/meter/connected");
    const topic = ["-t", "house/meter", "-m", "1", "-q", "1", "-i", "meter"];
    await promisify(execFile)("mosquitto_pub", ["-h", "127.0.0.1", "-p", String(port), ...topic], { timeout: 10_000 });
    await running.line(/Device meter at 192\.0\.2\.7 connected on 127\.0\.0\.1:\d+ \(anonymous/);
    await vi.waitFor(() => expect(watcher.messages.join()).toContain('"ipaddress":"192.0.2.7"'));
  });

  test("TLS begins behind the header", async () => {
    const ca = makePair(tempFolder(), { name: "ca", commonName: "Test CA" });
    const pair = makePair(tempFolder(), { name: "server", commonName: "localhost", issuer: ca });
    const device = makePair(tempFolder(), { name: "device", commonName: "lamp", issuer: ca });
    const running = await start(`certfile ${pair.certFile}
keyfile ${pair.keyFile}
cafile ${ca.certFile}
use_identity_as_username true
enable_proxy_protocol 2
proxy_protocol_v2_require_tls true`);
    const url = `mqtts://127.0.0.1:${await proxyTo(running.at, version2(WITH_CERTIFICATE))}`;
    await connect(url, { ca: ca.cert, cert: device.cert, key: device.key, clientId: "one" });
    await running.line(/Device one at 192\.0\.2\.7 connected on \S+ \(user lamp, known to certificate/);
    expect(await connect(url, { ca: ca.cert }).catch(() => "refused")).toBe("refused");
    await running.line(/A device at 192\.0\.2\.7 was refused: sent no certificate/);
    await closedAfter(running.at, Buffer.concat([version2(WITH_CERTIFICATE), CONNECT]));
    await running.line(/192\.0\.2\.7 speaks plain MQTT on port \S+, which takes TLS only/);
  });

  test("so does a WebSocket, with TLS and without", async () => {
    const ca = makePair(tempFolder(), { name: "ca", commonName: "Test CA" });
    const pair = makePair(tempFolder(), { name: "server", commonName: "localhost", issuer: ca });
    const plain = await start("protocol websockets\nenable_proxy_protocol 2\nuse_identity_as_username true");
    await connect(`ws://127.0.0.1:${await proxyTo(plain.at, version2(WITH_CERTIFICATE))}`, { clientId: "page" });
    await plain.line(/Device page at 192\.0\.2\.7 connected on \S+ \(user meter, known to certificate/);
    const secure = await start(
      `protocol websockets\ncertfile ${pair.certFile}\nkeyfile ${pair.keyFile}\nenable_proxy_protocol 1`,
    );
    await connect(`wss://127.0.0.1:${await proxyTo(secure.at, VERSION_1)}`, { clientId: "page", ca: ca.cert });
    await secure.line(/Device page at 192\.0\.2\.7 connected/);
  });

  test("who comes without a header is turned away, and many of them are one line", async () => {
    const running = await start("enable_proxy_protocol 1");
    for (let times = 0; times < 3; times++) await closedAfter(running.at, CONNECT);
    await connect(`mqtt://127.0.0.1:${await proxyTo(running.at, VERSION_1)}`, { clientId: "proxied" });
    await running.line(/Device proxied at 192\.0\.2\.7/);
    const lines = running.lines.filter((line) => line.includes("was refused"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /A device at 127\.0\.0\.1 was refused: did not begin with a header of the PROXY protocol \(enable_proxy_protocol 1\)\. This listener takes connections of a proxy only, with version 1 of that protocol\.$/,
    );
    await running.stop();
  });

  test("a check of the proxy's own has the address of the proxy", async () => {
    const running = await start("enable_proxy_protocol 2");
    const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");
    await connect(`mqtt://127.0.0.1:${await proxyTo(running.at, local)}`, { clientId: "check" });
    await running.line(/Device check at 127\.0\.0\.1 connected/);
  });

  test("a listener without it says what it was sent", async () => {
    const running = await start("");
    await closedAfter(running.at, version2());
    await running.line(
      /at 127\.0\.0\.1 was refused: sent a header of the PROXY protocol on port \S+, which takes clients without a proxy\. Add "enable_proxy_protocol 2" below a listener of its own, or switch that protocol off in the proxy\.$/,
    );
  });

  test("switched on by a save, it ends the connections that came without a proxy", async () => {
    const folder = tempFolder();
    const running = await start("", folder);
    const direct = await connect(`mqtt://127.0.0.1:${running.at}`, { clientId: "direct" });
    const lines = `allow_anonymous true\nlistener ${running.at} 127.0.0.1\nenable_proxy_protocol 1\n`;
    save(join(folder, "mosquitto.conf"), lines);
    running.signal("SIGHUP");
    await expect.poll(direct.wasClosed).toBe(true);
    await running.line(/generation 2 is live/);
    await connect(`mqtt://127.0.0.1:${await proxyTo(running.at, VERSION_1)}`, { clientId: "proxied" });
    await running.line(/Device proxied at 192\.0\.2\.7 connected/);
  });
});

describe("what a proxy tells of TLS", () => {
  test("proxy_protocol_v2_require_tls turns who came without it away", async () => {
    const running = await start("enable_proxy_protocol 2\nproxy_protocol_v2_require_tls true");
    await closedAfter(running.at, version2());
    await running.line(
      /at 192\.0\.2\.7 was refused: did not come to the proxy by TLS \(proxy_protocol_v2_require_tls\)\. /,
    );
    await connect(`mqtt://127.0.0.1:${await proxyTo(running.at, version2(BY_TLS))}`, { clientId: "safe" });
  });

  test("the common name of a certificate that the proxy has verified is the user name", async () => {
    const running = await start("enable_proxy_protocol 2\nuse_identity_as_username true");
    const url = `mqtt://127.0.0.1:${await proxyTo(running.at, version2(WITH_CERTIFICATE))}`;
    await connect(url, { clientId: "one", username: "other", password: "x" });
    await running.line(/Device one at 192\.0\.2\.7 connected on \S+ \(user meter, known to certificate/);
    await closedAfter(running.at, version2(BY_TLS));
    await running.line(/at 192\.0\.2\.7 was refused: showed the proxy no certificate that it accepts\. /);
  });

  test("a certificate without a name is nobody's", async () => {
    const running = await start("enable_proxy_protocol 2\nuse_identity_as_username true");
    const nameless = version2("2000050700000000");
    expect(await refusal(`mqtt://127.0.0.1:${await proxyTo(running.at, nameless)}`)).toBe(5);
    await running.line(/was refused: has no name in its certificate\. /);
  });
});
