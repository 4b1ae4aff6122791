import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { generate, parser, type IConnackPacket, type Packet } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { startApp, type App } from "../../../src/app.ts";
import { standAlone } from "../../../src/cli/stand-alone.ts";
import { save } from "../../helpers/culex.ts";
import { dynsecText, PASSWORD } from "../../helpers/dynsec.ts";
import { freePort } from "../../helpers/free-port.ts";
import { connect } from "../../helpers/mqtt.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { eventually } from "./house.ts";

interface Remote {
  readonly port: number;
  /** What each CONNECT began with: protocol level and flags. */
  readonly greetings: readonly string[];
  /** Packets after CONNECT, by name. */
  readonly packets: readonly Packet[];
}

/** A broker that answers a CONNECT as told, acknowledges what follows and sends its own, or says nothing at all. */
async function script(
  answer: (level: number) => Partial<IConnackPacket> | null,
  granted = 0,
  sends: readonly Packet[] = [],
): Promise<Remote> {
  const greetings: string[] = [];
  const packets: Packet[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let isFirst = true;
    let version = 4;
    const reader = parser();
    socket.on("data", (chunk: Buffer) => {
      if (isFirst) {
        const level = chunk[chunk[3] === 4 ? 8 : 10] ?? 0;
        version = level & 0x7f;
        greetings.push(`0x${level.toString(16)} 0x${(chunk[chunk[3] === 4 ? 9 : 11] ?? 0).toString(16)}`);
        isFirst = false;
      }
      reader.parse(chunk);
    });
    reader.on("packet", (packet) => {
      const reply = (bytes: Packet): void => void socket.write(generate(bytes, { protocolVersion: version }));
      if (packet.cmd === "connect") {
        const level = version | (greetings.at(-1)?.startsWith("0x8") === true ? 0x80 : 0);
        const connack = answer(level);
        if (connack === null) socket.destroy();
        else reply({ cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0, ...connack });
        return;
      }
      packets.push(packet);
      const messageId = packet.messageId ?? 0;
      if (packet.cmd === "publish" && packet.qos === 1) reply({ cmd: "puback", messageId });
      if (packet.cmd === "subscribe") reply({ cmd: "suback", messageId, granted: [granted] });
      if (packet.cmd === "subscribe") for (const each of sends) reply(each);
      if (packet.cmd === "pubrec") reply({ cmd: "pubrel", messageId });
      if (packet.cmd === "unsubscribe") reply({ cmd: "unsuback", messageId, granted: [] });
    });
  };
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, greetings, packets };
}

/** A broker of ours in this process, with a bridge to the scripted one. */
async function bridge(remote: Remote, lines: string): Promise<{ readonly app: App; readonly log: () => string }> {
  const folder = tempFolder();
  const logFile = join(folder, "log");
  const confFile = join(folder, "mosquitto.conf");
  save(
    confFile,
    `listener ${await freePort()} 127.0.0.1\nallow_anonymous true\nlog_dest file ${logFile}\nconnection far\naddress 127.0.0.1:${remote.port}\nrestart_timeout 1\n${lines}`,
  );
  const context = {
    logFormat: "text",
    backends: () => [],
    problems: [],
    verbose: false,
    importFrom: null,
    dynsecPassword: null,
    visitors: null,
    options: null,
  } as const;
  const app = await startApp({ ...context, spec: standAlone({ confFile, port: null }) });
  onTestFinished(() => app.stop());
  return { app, log: () => readFileSync(logFile, "utf8") };
}

const AGAIN = "It is tried again; messages of QoS 1 and 2 wait meanwhile, as far as the queue allows.";

describe("the first words of a bridge", () => {
  test("are those of mosquitto", async () => {
    const remote = await script(() => ({}));
    const { app } = await bridge(remote, "topic in/# in 1\ntopic out/# out 2\n");
    await eventually(() => expect(remote.packets).toHaveLength(3));
    expect(remote.greetings).toEqual(["0x84 0x2c"]);
    const state = `$SYS/broker/connection/${hostname()}.far/state`;
    expect(remote.packets).toMatchObject([
      { cmd: "publish", topic: state, payload: Buffer.from("1"), qos: 1, retain: true },
      { cmd: "subscribe", subscriptions: [{ topic: "in/#", qos: 1 }] },
      { cmd: "unsubscribe", unsubscriptions: ["out/#"] },
    ]);
    const address = `127.0.0.1:${remote.port}`;
    expect(app.bridges()).toEqual([
      {
        name: "far",
        status: "connected",
        address,
        sinceMs: expect.any(Number),
        passed: { in: 0, out: 0 },
        lastError: null,
      },
    ]);
  });

  test.each([
    ["try_private false\n", "0x4 0x2c"],
    ["bridge_protocol_version mqttv31\n", "0x83 0x2c"],
    ["bridge_protocol_version mqttv50\n", "0x5 0x2c"],
    ["notifications false\ncleansession true\n", "0x84 0x2"],
    ["remote_username u\nremote_password p\nnotifications_local_only true\n", "0x84 0xc0"],
  ])("with %j are %s", async (lines, greeting) => {
    const remote = await script(() => ({}));
    const { app } = await bridge(remote, `${lines}bridge_attempt_unsubscribe false\ntopic a/# out 1\n`);
    await eventually(() => expect(app.bridges()[0]?.status).toBe("connected"));
    expect(remote.greetings).toEqual([greeting]);
    expect(remote.packets.some(({ cmd }) => cmd === "unsubscribe")).toBe(false);
  });

  test("are said again without what the remote broker does not understand", async () => {
    const remote = await script((level) => ({ returnCode: level === 4 ? 0 : 1, reasonCode: level === 5 ? 0x84 : 0 }));
    const { app, log } = await bridge(remote, "bridge_protocol_version mqttv50\ntopic a/# both 1\n");
    await eventually(() => expect(app.bridges()[0]?.status).toBe("connected"));
    expect(remote.greetings).toEqual(["0x5 0x2c", "0x84 0x2c", "0x4 0x2c"]);
    // the log reaches its file some time later
    await eventually(() =>
      expect(log()).toContain(
        'Bridge far: the remote broker does not know bridges. It sends back once what goes out on topics with "both". Use bridge_protocol_version mqttv50 if it speaks MQTT 5.',
      ),
    );
  });
});

describe("the answer to a bridge", () => {
  test.each([
    [2, "its client id is not wanted there", "Choose another remote_clientid."],
    [3, "that broker is not ready", ""],
    [
      5,
      "wrong user name or password, or this client may not connect",
      "Check remote_username and remote_password, and the rules of that broker.",
    ],
    [9, "code 9", "Look into the log of that broker."],
  ])("CONNACK %i is told in words, and kept as the last error", async (returnCode, words, fix) => {
    const remote = await script(() => ({ returnCode }));
    const { app } = await bridge(remote, "topic a/# out 1\n");
    const address = `127.0.0.1:${remote.port}`;
    const sentence = `Bridge far (${address}) was refused: ${words}. ${AGAIN} ${fix}`.trim();
    await eventually(() => expect(app.bridges()[0]?.lastError?.sentence).toBe(sentence));
  });

  test("no CONNACK at all is told too", async () => {
    const remote = await script(() => null);
    const { app } = await bridge(remote, "topic a/# out 1\n");
    await eventually(() =>
      expect(app.bridges()[0]?.lastError?.sentence).toBe(
        `Bridge far (127.0.0.1:${remote.port}) was cut off by that broker without an answer to its CONNECT. ${AGAIN} Look into its log. A port with TLS needs bridge_cafile; a broker that knows no bridges, try_private false.`,
      ),
    );
  });

  test("a subscription that is refused is told", async () => {
    const remote = await script(() => ({}), 0x80);
    const { log } = await bridge(remote, "topic a/# in 1\n");
    await eventually(() =>
      expect(log()).toContain(
        'warning: Bridge far: the remote broker refuses the subscription to "a/#" (code 128). Nothing comes in through it. Allow it there, or change the topic line.',
      ),
    );
  });
});

test.each(["mqttv311", "mqttv50"])("a remote broker writes here only what the lines bring in: %s", async (version) => {
  const command = JSON.stringify({ commands: [{ command: "createClient", username: "mallory" }] });
  const sent = (topic: string, qos: 1 | 2, messageId: number, payload = "x") =>
    ({ cmd: "publish", topic, payload, qos, messageId, retain: true, dup: false }) as const;
  const remote = await script(() => ({}), 1, [
    sent("$CONTROL/dynamic-security/v1", 1, 1, command),
    sent("b", 2, 2),
    sent("a/x", 2, 3),
  ]);
  const file = join(tempFolder(), "dynamic-security.json");
  save(file, dynsecText({}).replace('"subscribe":false', '"subscribe":true'));
  const { app, log } = await bridge(
    remote,
    `topic a/# in 2\nbridge_protocol_version ${version}\nplugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file ${file}\n`,
  );
  const acks = (): readonly string[] =>
    remote.packets.flatMap(({ cmd, messageId }) => (cmd.startsWith("pub") ? [`${cmd} ${messageId}`] : []));
  await eventually(() => {
    for (const ack of ["puback 1", "pubcomp 2", "pubcomp 3"]) expect(acks()).toContain(ack);
  });
  const reader = await connect(app.addresses()[0] ?? "", { username: "admin", password: PASSWORD });
  await reader.client.subscribeAsync(["b", "a/x"]);
  await reader.received(["a/x x"]);
  await eventually(() =>
    expect(
      log()
        .split("\n")
        .filter((line) => line.includes("warning: Bridge")),
    ).toEqual([
      expect.stringMatching(
        /warning: Bridge far: the remote broker sends "\$CONTROL\/dynamic-security\/v1", which no topic line brings in\. Such messages are dropped\. Add a line for it if it is wanted\. If a line asked for it that is gone, connect once with cleansession true\.$/,
      ),
    ]),
  );
  expect(log()).not.toContain("mallory");
});
