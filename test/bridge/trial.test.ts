import { createServer as createTlsServer } from "node:tls";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { tryBridge } from "../../src/bridge/trial.ts";
import type { BridgePlan } from "../../src/snapshot/types.ts";
import { makePair } from "../helpers/certificates.ts";
import { CONNACK, fakeBroker } from "../helpers/fake-broker.ts";
import { freePort } from "../helpers/free-port.ts";
import { startMosquittoIn } from "../helpers/mosquitto-broker.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { composeStandAlone } from "../settings/compose.ts";

/** The plan of a bridge with these lines; the files that they name are read. */
function planOf(port: number, lines: readonly string[], ca: string | null = null): BridgePlan {
  const block = ["connection far", `address 127.0.0.1:${port}`, ...lines, ""].join("\n");
  const { settings } = composeStandAlone(`listener 1883\nallow_anonymous true\n${block}`);
  const [bridge] = settings.bridges;
  if (bridge === undefined) throw new Error("no bridge");
  return { settings: bridge, tls: bridge.tls === null ? null : { ca, cert: null, key: null } };
}

describe("a try of a bridge", () => {
  test("ends where nothing listens", async () => {
    expect(await tryBridge(planOf(await freePort(), ["topic # in"]))).toEqual({
      steps: [{ step: "connect", isDone: false, detail: null }],
      fault: {
        kind: "network",
        sentence: "cannot connect: nothing listens there",
        fix: "Check the address and whether that broker runs.",
      },
    });
  });

  test("says which topics that broker refuses", async () => {
    const far = await fakeBroker((packet, socket) => {
      if (packet.cmd === "connect") socket.write(generate({ ...CONNACK, returnCode: 0 }));
      if (packet.cmd !== "subscribe") return;
      const { messageId = 0, subscriptions } = packet;
      const granted = subscriptions.map(({ topic }) => (topic === "secret/#" ? 0x80 : 0));
      socket.write(generate({ cmd: "suback", messageId, granted }));
    });
    const lines = ["topic house/# in", "topic secret/# in", "topic out/# out"];
    const { steps, fault } = await tryBridge(planOf(far.port, lines));
    expect(steps.map(({ step, isDone }) => `${step} ${isDone}`)).toEqual([
      "connect true",
      "login true",
      "subscribe false",
    ]);
    expect(fault).toEqual({
      kind: "network",
      sentence: 'was let in, but may not subscribe to "secret/#"',
      fix: "Allow it at that broker, or change the topic.",
    });
    expect(far.heard.map(({ cmd }) => cmd)).toEqual(["connect", "subscribe", "subscribe"]);
  });

  test("leaves nothing behind: no session, no will once it has said goodbye, no message", async () => {
    const far = await fakeBroker((packet, socket) => {
      if (packet.cmd !== "connect") return;
      socket.write(generate({ ...CONNACK, returnCode: 0 }));
    });
    expect(await tryBridge(planOf(far.port, ["topic out/# out", "cleansession false"]))).toEqual({
      steps: [
        { step: "connect", isDone: true, detail: null },
        { step: "login", isDone: true, detail: "MQTT 3.1.1" },
      ],
      fault: null,
    });
    await expect.poll(() => far.heard.map(({ cmd }) => cmd)).toEqual(["connect", "disconnect"]);
    expect(far.heard[0]).toMatchObject({
      clean: true,
      clientId: `${hostname()}.far`,
      will: { topic: `$SYS/broker/connection/${hostname()}.far/state` },
    });
  });

  test("introduces itself as plainly as that broker needs it", async () => {
    const far = await fakeBroker((packet, socket) => {
      if (packet.cmd !== "connect") return;
      const isPlain = packet.protocolVersion === 4 && !("bridgeMode" in packet && packet.bridgeMode === true);
      socket.end(generate({ ...CONNACK, returnCode: isPlain ? 0 : 1 }));
    });
    const { fault } = await tryBridge(planOf(far.port, ["topic out/# out"]));
    expect(fault).toBeNull();
    expect(far.heard.filter(({ cmd }) => cmd === "connect")).toHaveLength(2);
  });

  test("is over when that broker hangs up, or speaks no MQTT", async () => {
    const silent = await fakeBroker((_packet, socket) => socket.end());
    expect(await tryBridge(planOf(silent.port, ["topic # in"]))).toMatchObject({
      steps: [{ step: "connect" }, { step: "login", isDone: false }],
      fault: { sentence: "was cut off by that broker without an answer to its CONNECT" },
    });
    const web = await fakeBroker((_packet, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { fault } = await tryBridge(planOf(web.port, ["topic # in"]));
    expect(fault?.sentence).toMatch(/^got something that is no MQTT \(/);
  });

  test("says why a certificate is not trusted", async () => {
    const folder = tempFolder();
    const pair = makePair(folder, { name: "far", commonName: "far" });
    const other = makePair(folder, { name: "ca", commonName: "ca" });
    const server = createTlsServer({ cert: pair.cert, key: pair.key }, (socket) => socket.on("error", () => undefined));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const lines = [`bridge_cafile ${other.certFile}`, "topic # in"];
    const { steps, fault } = await tryBridge(planOf(port, lines, readFileSync(other.certFile, "utf8")));
    expect(steps.map(({ step, isDone }) => `${step} ${isDone}`)).toEqual(["connect true", "tls false"]);
    expect(fault?.fix).toBe("Check bridge_cafile, and the name in the address line.");
  });
});

describeWith(["mosquitto"], "a try of a bridge to Mosquitto", () => {
  test("over TLS gets through, and names what it found", async () => {
    const folder = tempFolder();
    const ca = makePair(folder, { name: "ca", commonName: "ca" });
    makePair(folder, { name: "far", commonName: "127.0.0.1", issuer: ca });
    const far = await startMosquittoIn(folder, [
      "allow_anonymous true",
      `certfile ${join(folder, "far.pem")}`,
      `keyfile ${join(folder, "far.key")}`,
    ]);
    const lines = [
      `bridge_cafile ${ca.certFile}`,
      "bridge_protocol_version mqttv50",
      "topic house/# in",
      "topic x both",
    ];
    expect(await tryBridge(planOf(far.port, lines, ca.cert))).toEqual({
      steps: [
        { step: "connect", isDone: true, detail: null },
        { step: "tls", isDone: true, detail: "TLSv1.3" },
        { step: "login", isDone: true, detail: "MQTT 5" },
        { step: "subscribe", isDone: true, detail: "house/#, x" },
      ],
      fault: null,
    });
  });

  test("may share a subscription, by MQTT 5 too", async () => {
    const far = await startMosquittoIn(tempFolder(), ["allow_anonymous true"]);
    const lines = ["bridge_protocol_version mqttv50", "topic $share/group/house/# in"];
    expect(await tryBridge(planOf(far.port, lines))).toMatchObject({ fault: null });
  });
});
