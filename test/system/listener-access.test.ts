import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import mqtt from "mqtt";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const root = join(import.meta.dirname, "..", "..");

function passwordLine(name: string, password: string): string {
  const arguments_ = ["src/main.ts", "passwd", name];
  return execFileSync(process.execPath, arguments_, { cwd: root, input: `${password}\n`, encoding: "utf8" });
}

function handshake(port: number, options: ConnectionOptions): void {
  const socket = connectTls({ port, host: "127.0.0.1", ...options });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
}

describe("per_listener_settings", () => {
  test("chooses logins and rules by the port a client came in through, also after a save", async () => {
    const folder = tempFolder();
    const [open, closed] = [await freePort(), await freePort()];
    save(join(folder, "users"), passwordLine("alice", "secret"));
    save(join(folder, "rules"), "user alice\ntopic readwrite house/#\n");
    const conf = `per_listener_settings true
listener ${open} 127.0.0.1
allow_anonymous true
listener ${closed} 127.0.0.1
password_file users
acl_file rules
`;
    save(join(folder, "mosquitto.conf"), conf);
    const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
    await running.line(/ ready: /);
    const at = (port: number): string => `mqtt://127.0.0.1:${port}`;
    const alice = { username: "alice", password: "secret", protocolVersion: 5 } as const;

    expect(await refusal(at(closed), { protocolVersion: 5 })).toBe(0x87);
    const guest = await connect(at(open), { protocolVersion: 5, clientId: "guest" });
    await guest.client.subscribeAsync("#");
    const inside = await connect(at(closed), { ...alice, clientId: "inside" });
    await inside.client.publishAsync("house/a", "1", { qos: 1 });
    await expect(inside.client.publishAsync("garden/a", "2", { qos: 1 })).rejects.toThrow(/Not authorized/i);
    await guest.client.publishAsync("garden/b", "3", { qos: 1 });
    await guest.received(["house/a 1", "garden/b 3"]);

    save(join(folder, "mosquitto.conf"), conf.replace("allow_anonymous true", "listener_allow_anonymous false"));
    running.signal("SIGHUP");
    await running.line(/generation 2 is live .* 1 closed/);
    expect(guest.wasClosed()).toBe(true);
    expect(inside.wasClosed()).toBe(false);
    expect(await refusal(at(open), { protocolVersion: 5 })).toBe(0x87);
  });

  test("keeps a session under the rules of its port while its client is away, and after a restart", async () => {
    const folder = tempFolder();
    const [open, closed] = [await freePort(), await freePort()];
    save(join(folder, "users"), passwordLine("alice", "secret"));
    save(join(folder, "rules"), "user alice\ntopic readwrite house/#\n");
    save(
      join(folder, "mosquitto.conf"),
      `per_listener_settings true
persistence true
persistence_location ${folder}
listener ${open} 127.0.0.1
allow_anonymous true
listener ${closed} 127.0.0.1
password_file users
acl_file rules
`,
    );
    const start = async (): Promise<ReturnType<typeof launch>> => {
      const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
      await running.line(/ ready: /);
      return running;
    };
    const first = await start();
    const session = { username: "alice", password: "secret", clientId: "inside", clean: false } as const;
    const url = `mqtt://127.0.0.1:${closed}`;
    const before = await connect(url, session);
    await before.client.subscribeAsync("#", { qos: 1 });
    await before.client.endAsync();
    expect(await first.stop()).toBe(0);

    await start();
    const guest = await connect(`mqtt://127.0.0.1:${open}`);
    await guest.client.publishAsync("garden/a", "no", { qos: 1 });
    await guest.client.publishAsync("house/a", "yes", { qos: 1 });
    // What was kept comes with the CONNACK: somebody has to listen before.
    const after = mqtt.connect(url, session);
    onTestFinished(async () => after.endAsync(true));
    const messages: string[] = [];
    after.on("message", (topic) => messages.push(topic));
    await vi.waitFor(() => expect(messages).toEqual(["house/a"]), { timeout: 10_000 });
  });
});

describe("a name from the certificate", () => {
  test("is the user name: rules hold for it, CONNECT cannot change it, and nobody comes in without one", async () => {
    const folder = tempFolder();
    const ca = makePair(folder, { name: "ca", commonName: "Test CA" });
    const server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
    const meter = makePair(folder, { name: "meter", commonName: "meter", issuer: ca });
    const other = makePair(folder, { name: "other", commonName: "meter" });
    const [port, subjectPort] = [await freePort(), await freePort()];
    save(join(folder, "rules"), "user meter\ntopic readwrite energy/#\nuser CN=meter\ntopic readwrite subject/#\n");
    const tls = `certfile ${server.certFile}\nkeyfile ${server.keyFile}\ncafile ${ca.certFile}\n`;
    save(
      join(folder, "mosquitto.conf"),
      `acl_file rules
listener ${port} 127.0.0.1
${tls}use_identity_as_username true
listener ${subjectPort} 127.0.0.1
${tls}use_subject_as_username true
`,
    );
    const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
    await running.line(/ ready: /);
    const url = `mqtts://127.0.0.1:${port}`;
    const common = { ca: ca.cert, protocolVersion: 5 } as const;
    const { cert, key } = meter;

    const device = await connect(url, { ...common, cert, key, clientId: "m1", username: "admin", password: "x" });
    await device.client.publishAsync("energy/now", "5", { qos: 1 });
    await expect(device.client.publishAsync("doors/front", "open", { qos: 1 })).rejects.toThrow(/Not authorized/i);
    expect(await running.line(/m1.*connected|connected.*m1/i)).toContain("meter");

    const whole = await connect(`mqtts://127.0.0.1:${subjectPort}`, { ...common, cert, key });
    await whole.client.publishAsync("subject/now", "5", { qos: 1 });
    await expect(whole.client.publishAsync("energy/now", "5", { qos: 1 })).rejects.toThrow(/Not authorized/i);

    handshake(port, { ca: ca.cert, cert: other.cert, key: other.key });
    await running.line(/its certificate was not accepted/);
    handshake(port, { ca: ca.cert });
    await running.line(/sent no certificate/);
  });
});
