import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const root = join(import.meta.dirname, "..", "..");

async function start() {
  const folder = tempFolder();
  const conf = join(folder, "mosquitto.conf");
  save(join(folder, "users"), "user:hunter2\nother:secret\n");
  save(join(folder, "acl"), "user user\ntopic readwrite t/#\n\nuser other\ntopic readwrite t/#\n");
  save(
    conf,
    `listener ${await freePort()} 127.0.0.1\npassword_file users\nacl_file acl\npersistence true\npersistence_location ${folder}\n`,
  );
  const run = () => launch(["src/main.ts", "-c", conf]);
  const running = run();
  await running.line(/ ready: /);
  const culex = async (...args: readonly string[]): Promise<string> => {
    const child = spawn(process.execPath, ["src/main.ts", "trace", ...args, "-c", conf], { cwd: root });
    const [out, error, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    return `${String(code)} ${out}${error}`;
  };
  const read = (file: string): string => readFileSync(join(folder, "trace", file), "utf8");
  return { folder, running, run, culex, read, url: `mqtt://127.0.0.1:${running.port("mqtt")}` };
}

test("follows one client from before its login to its end, without its password", async () => {
  const { culex, read, url, running, folder } = await start();
  expect(await culex("client", "c1", "c1.log")).toBe("0 trace client c1 successfully.\n");
  expect(await culex("client", "c1", "c1.log")).toBe("1 trace client c1 error: existed\n");
  await connect(url, { clientId: "c2", username: "other", password: "secret" });
  expect(await refusal(url, { clientId: "c1", username: "user", password: "wr0ng" })).toBe(5);
  const { client, received } = await connect(url, { clientId: "c1", username: "user", password: "hunter2" });
  await client.subscribeAsync("t/#", { qos: 1 });
  await client.publishAsync("t/1", "hi", { qos: 1 });
  await received(["t/1 hi"]);
  await client.publishAsync("no", "hi", { qos: 1 });
  await client.endAsync();
  await expect.poll(() => read("c1.log"), { timeout: 10_000 }).toContain("GONE");
  const lines = read("c1.log")
    .replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[debug\] /gm, "")
    .replaceAll(/PacketId=\d+/g, "PacketId=ID")
    .replaceAll(/@127\.0\.0\.1:\d+/g, "@127.0.0.1:PORT")
    .trim()
    .split("\n");
  const c = "Client(c1@127.0.0.1:PORT):";
  const connectLine = `${c} RECV CONNECT(Q0, R0, D0, ClientId=c1, ProtoName=MQTT, ProtoVsn=4, CleanSess=true, KeepAlive=60, Username=user, Password=******)`;
  expect(lines.toSorted()).toEqual(
    [
      connectLine,
      `${c} SEND CONNACK(Q0, R0, D0, AckFlags=0, ReturnCode=5)`,
      "Client(c1@127.0.0.1): LOGIN refused: wrong password for user user",
      connectLine,
      `${c} SEND CONNACK(Q0, R0, D0, AckFlags=0, ReturnCode=0)`,
      "Client(c1@127.0.0.1): LOGIN accepted by password-file",
      `${c} RECV SUBSCRIBE(Q1, R0, D0, PacketId=ID, TopicTable=[{<<"t/#">>,1}])`,
      `${c} SEND SUBACK(Q0, R0, D0, PacketId=ID, QosTable=[1])`,
      `${c} RECV PUBLISH(Q1, R0, D0, Topic=t/1, PacketId=ID, Payload=<<"hi">>)`,
      `${c} SEND PUBACK(Q0, R0, D0, PacketId=ID)`,
      `${c} SEND PUBLISH(Q1, R0, D0, Topic=t/1, PacketId=ID, Payload=<<"hi">>)`,
      `${c} RECV PUBACK(Q0, R0, D0, PacketId=ID)`,
      `${c} RECV PUBLISH(Q1, R0, D0, Topic=no, PacketId=ID, Payload=<<"hi">>)`,
      "Client(c1@127.0.0.1): DENIED publish no: no rule of user user matches; default is deny (acl)",
      `${c} SEND PUBACK(Q0, R0, D0, PacketId=ID)`,
      `${c} RECV DISCONNECT(Q0, R0, D0)`,
      "Client(c1@127.0.0.1): GONE",
    ].toSorted(),
  );
  expect(read("c1.log")).not.toMatch(/hunter2|wr0ng|c2/);
  expect(await culex("client", "c1", "off")).toBe("0 stop tracing client c1 successfully.\n");
  expect(await culex("list")).toBe("0 ");
  await running.line(/culex trace: trace client c1 successfully\./);
  for (const file of ["culex.sock", "trace/c1.log"]) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
});

test("follows a topic, a user and an address, of connections that are there already", async () => {
  const { culex, read, url } = await start();
  const { client } = await connect(url, { clientId: "c1", username: "user", password: "hunter2", protocolVersion: 5 });
  expect(await culex("topic", "t/+", "topic.log", "--payload", "hex")).toBe("0 trace topic t/+ successfully.\n");
  expect(await culex("user", "user", "user.log", "--payload", "hidden")).toBe("0 trace user user successfully.\n");
  expect(await culex("ip", "127.0.0.1", "ip.log")).toBe("0 trace ip 127.0.0.1 successfully.\n");
  await client.publishAsync("t/1", "zero");
  await client.publishAsync("t/1", "one", { qos: 1 });
  await client.publishAsync("t/1/2", "two", { qos: 1 });
  await expect.poll(() => read("user.log"), { timeout: 10_000 }).toContain("Topic=t/1/2");
  await expect.poll(() => read("topic.log").split("\n").length, { timeout: 10_000 }).toBe(3);
  expect(read("topic.log")).toMatch(
    /c1\/user PUBLISH to t\/1: <<16#7a65726f>>\n.*c1\/user PUBLISH to t\/1: <<16#6f6e65>>\n$/,
  );
  expect(read("user.log")).toContain("Topic=t/1, Payload=****** (4 bytes)");
  await expect.poll(() => read("ip.log"), { timeout: 10_000 }).toContain('Payload=<<"two">>');
  expect(await culex("list")).toMatch(
    /^0 trace topic t\/\+ -> topic\.log \(\d+ bytes, until .*Z\)\ntrace user user -> user\.log .*\ntrace ip 127\.0\.0\.1 -> ip\.log .*\n$/,
  );
});

test("says what to do when no broker answers, and comes back after a crash", async () => {
  const { culex, running, run, folder } = await start();
  running.signal("SIGKILL");
  await running.ended;
  expect(await culex("list")).toBe(
    "2 No broker answers (ECONNREFUSED). Nothing was changed. Start the broker, or run the command as its user and with its conf file.\n",
  );
  const third = run();
  await third.line(/ ready: /);
  expect(await culex("list")).toBe("0 ");
  const socket = connectSocket(join(folder, "culex.sock"));
  socket.end("no json\n");
  expect(JSON.parse(await text(socket))).toMatchObject({
    lines: ["error: this is no question about traces."],
    code: 1,
  });
  expect(await third.stop()).toBe(0);
  writeFileSync(join(folder, "culex.sock"), "");
  const fourth = run();
  await fourth.line(
    /culex\.sock is not this broker's\. "culex trace" does not work, and "culex ban list" shows the file alone\. Stop the other broker, or remove the file\./,
  );
  await fourth.line(/ ready: /);
});
