import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startCulex, startMosquitto } from "../helpers/brokers.ts";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

describe.each([
  ["Culex", startCulex, ""],
  // Debian's 2.0.11 does not take it off again; later ones do
  ["Mosquitto", startMosquitto, "(?:house/)?"],
] as const)("mount_point of %s", (_name, start, leftOn) => {
  test("stands before the topics of a listener, for messages, wills and rules", async () => {
    const rules = join(tempFolder(), "rules");
    save(rules, "topic readwrite house/#\ntopic readwrite garden/#\ntopic deny house/secret\n");
    const inner = await freePort();
    const outer = await start(
      `allow_anonymous true\nacl_file ${rules}\nlistener ${inner} 127.0.0.1\nmount_point house/`,
    );
    const outside = await mosquittoSub(outer, ["-t", "#"]);
    const inside = await mosquittoSub(inner, ["-t", "#"]);
    await mosquittoPub(inner, ["-t", "secret", "-m", "0", "-q", "1"]);
    await mosquittoPub(inner, ["-t", "lamp", "-m", "1", "-q", "1"]);
    await mosquittoPub(inner, ["-t", "house/lamp", "-m", "2", "-q", "1"]);
    await mosquittoPub(outer, ["-t", "garden/lamp", "-m", "3", "-q", "1"]);
    await mosquittoPub(outer, ["-t", "house/door", "-m", "4", "-q", "1"]);
    const dying = await connect(`mqtt://127.0.0.1:${inner}`, {
      will: { topic: "gone", payload: Buffer.from("5"), qos: 1, retain: true },
    });
    dying.client.stream.destroy();
    await outside.received(["house/lamp 1", "house/house/lamp 2", "garden/lamp 3", "house/door 4", "house/gone 5"]);
    const received = ["lamp 1", "house/lamp 2", "door 4", "gone 5"];
    await inside.received(received.map((message) => expect.stringMatching(`^${leftOn}${message}$`)));
    const late = await mosquittoSub(inner, ["-t", "+"]);
    await late.received([expect.stringMatching(`^${leftOn}gone 5$`)]);
  });
});

test("a changed mount_point sends the clients of its listener to their new topics, and no others", async () => {
  const folder = tempFolder();
  const [inner, outer] = [await freePort(), await freePort()];
  const conf = `allow_anonymous true
listener ${outer} 127.0.0.1
listener ${inner} 127.0.0.1
mount_point house/
`;
  save(join(folder, "mosquitto.conf"), conf);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const outside = await connect(`mqtt://127.0.0.1:${outer}`);
  await outside.client.subscribeAsync("#");
  const lasting = { clientId: "lamp", clean: false } as const;
  const before = await connect(`mqtt://127.0.0.1:${inner}`, lasting);
  await before.client.subscribeAsync("set", { qos: 1 });

  save(join(folder, "mosquitto.conf"), conf.replace("house/", "garden/"));
  running.signal("SIGHUP");
  await running.line(/generation 2 is live .* 1 closed/);
  await running.line(/lamp.*the mount_point of listener \S+ was changed/);
  await expect.poll(before.wasClosed).toBe(true);
  expect(outside.wasClosed()).toBe(false);

  const after = await connect(`mqtt://127.0.0.1:${inner}`, lasting);
  await after.client.subscribeAsync("set", { qos: 1 });
  for (const topic of ["house/set", "garden/set"]) await outside.client.publishAsync(topic, topic, { qos: 1 });
  await after.received(["set garden/set"]);
  await after.client.publishAsync("state", "on", { qos: 1 });
  await outside.received(["house/set house/set", "garden/set garden/set", "garden/state on"]);
});
