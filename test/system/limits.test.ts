import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { greet, type Talker } from "../broker/talker.ts";
import { freePort } from "../helpers/free-port.ts";
import { launch, save } from "../helpers/culex.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { tempFolder } from "../helpers/temp.ts";

async function told(port: number, clientId: string): Promise<{ talker: Talker; properties: object }> {
  const talker = await greet(port, clientId, { version: 5 });
  const { properties = {} } = await talker.answer("connack");
  return { talker, properties };
}

test("each listener has limits of its own, and a reload changes them without dropping anybody", async () => {
  const [strict, usual] = [await freePort(), await freePort()];
  const folder = tempFolder();
  const conf = (maxQos: number, inflight: number): string =>
    `allow_anonymous true\nmax_inflight_messages ${inflight}\nlistener ${strict} 127.0.0.1\nmax_qos ${maxQos}\n` +
    `max_topic_alias 0\nlistener ${usual} 127.0.0.1\n`;
  save(join(folder, "mosquitto.conf"), conf(1, 5));
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);

  const first = await told(strict, "first");
  expect(first.properties).toMatchObject({ maximumQoS: 1, receiveMaximum: 5 });
  expect(first.properties).not.toHaveProperty("topicAliasMaximum");
  const other = await told(usual, "other");
  expect(other.properties).toMatchObject({ topicAliasMaximum: 10, receiveMaximum: 5 });
  expect(other.properties).not.toHaveProperty("maximumQoS");

  save(join(folder, "mosquitto.conf"), conf(0, 7));
  running.signal("SIGHUP");
  await vi.waitFor(
    async () => expect((await told(strict, "late")).properties).toMatchObject({ maximumQoS: 0, receiveMaximum: 7 }),
    { timeout: 10_000, interval: 50 },
  );
  // what its CONNACK said still holds for the first
  first.talker.send({ cmd: "publish", topic: "t", payload: "x", qos: 1, messageId: 1, dup: false, retain: false });
  expect((await first.talker.answer("puback")).messageId).toBe(1);
  await other.talker.settle();
  expect([first.talker.isClosed(), other.talker.isClosed()]).toEqual([false, false]);
  expect(await running.stop()).toBe(0);
});

test("mosquitto's clients are slowed down without a loss, and the log says by which limit", async () => {
  const port = await freePort();
  const folder = tempFolder();
  const conf = join(folder, "mosquitto.conf");
  save(conf, `allow_anonymous true\nlistener ${port} 127.0.0.1\nmax_message_rate 20\nmax_connect_rate 50\n`);
  const running = launch(["src/main.ts", "-c", conf]);
  await running.line(/ ready: /);
  const sub = await mosquittoSub(port, ["-t", "flood", "-q", "2"]);
  const sentMs = performance.now();
  const flood = Array.from({ length: 30 }, (_, index) => String(index));
  const pub = await mosquittoPub(port, ["-t", "flood", "-q", "2", "-i", "pump", "-l"], flood.join("\n"));
  expect(pub).toEqual({ code: 0, output: "" });
  await sub.received(flood.map((payload) => `flood ${payload}`));
  expect(performance.now() - sentMs).toBeGreaterThan(400);
  expect(await running.line(/slowed down/)).toContain(
    "Device pump is slowed down: sends faster than 20 messages a second (max_message_rate), and is not read until it is within that.",
  );
  expect(await running.stop()).toBe(0);
});
