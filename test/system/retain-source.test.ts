import { join } from "node:path";
import { expect, test } from "vitest";
import { sha512Hash } from "../auth/context.ts";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const RULES = "pattern readwrite end\npattern read #\nuser plug\ntopic write lamp\nuser meter\ntopic write power\n";

test("check_retain_source: of a user who may not write any more nothing is found, after a restart too", async () => {
  const folder = tempFolder();
  const port = await freePort();
  const [conf, rules] = [join(folder, "mosquitto.conf"), join(folder, "rules")];
  const lines = `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${rules}\npersistence true\npersistence_location ${folder}\n`;
  const start = async (): Promise<Running> => {
    const running = launch(["src/main.ts", "-c", conf]);
    await running.line(/ ready: /);
    return running;
  };
  const url = `mqtt://127.0.0.1:${port}`;
  const found = async (): Promise<readonly string[]> => {
    const { client, messages } = await connect(url);
    // one after the other, so that all was looked at when the last has come
    await client.subscribeAsync(["lamp", "power", "end"]);
    await expect.poll(() => messages).toContain("end x");
    return messages.filter((message) => message !== "end x");
  };
  save(rules, RULES);
  save(conf, `${lines}check_retain_source true\n`);
  const first = await start();
  for (const [username, topic, payload] of [
    ["plug", "lamp", "on"],
    ["meter", "power", "on"],
    ["meter", "end", "x"],
  ] as const) {
    // one client id for both: it is the user who counts
    const { client } = await connect(url, { username, clientId: "c" });
    await client.publishAsync(topic, payload, { retain: true, qos: 1 });
    await client.endAsync();
  }
  expect(await found()).toEqual(["lamp on", "power on"]);

  save(rules, RULES.replace("topic write lamp", "topic write other"));
  await first.line(/generation 2 is live/);
  expect(await found()).toEqual(["power on"]);
  expect(await first.stop()).toBe(0);

  const second = await start();
  expect(await found()).toEqual(["power on"]);
  save(conf, `${lines}check_retain_source false\n`);
  await second.line(/generation 2 is live/);
  expect(await found()).toEqual(["lamp on", "power on"]);
  save(conf, `${lines}check_retain_source true\n`);
  save(rules, RULES);
  await second.line(/generation [34] is live/);
  await expect.poll(found).toEqual(["lamp on", "power on"]);
});

test("check_retain_source: with auth.yaml too, and a superuser counts as one as long as it is one", async () => {
  const users = ["boss", "plug", "reader"].map((name) => `${name}:${sha512Hash(name)}\n`);
  const stages = (rest: string): string =>
    `stages:\n  - { type: password-file, id: bosses, when: { username: boss }, superuser: ${rest} }\n  - type: password-file\n`;
  const folders = layOut({
    "data/options.json": JSON.stringify({ customize: { active: true, folder: "mosquitto" } }),
    "share/mosquitto/a.conf":
      "password_file /share/mosquitto/passwords\nacl_file /share/mosquitto/rules\ncheck_retain_source true\n",
    "share/mosquitto/passwords": users.join(""),
    "share/mosquitto/rules": "user plug\ntopic write lamp\ntopic write end\nuser reader\ntopic read #\n",
    "share/mosquitto/auth.yaml": stages("true"),
  });
  const client = (running: Running, username: string, options = {}) =>
    connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { username, password: username, ...options });
  const found = async (running: Running): Promise<readonly string[]> => {
    const reader = await client(running, "reader");
    await reader.client.subscribeAsync(["lamp", "siren", "bell", "end"]);
    await expect.poll(() => reader.messages).toContain("end x");
    return reader.messages.filter((message) => message !== "end x");
  };
  const first = await startAddon(folders);
  for (const [username, topic, options] of [
    ["plug", "lamp", {}],
    ["boss", "siren", {}],
    ["boss", "bell", { clientId: "stays", clean: false }],
    ["plug", "end", {}],
  ] as const) {
    const { client: publisher } = await client(first, username, options);
    await publisher.publishAsync(topic, "x", { retain: true, qos: 1 });
    await publisher.endAsync();
  }
  expect(await found(first)).toEqual(["lamp x", "siren x", "bell x"]);
  expect(await first.stop()).toBe(0);

  const second = await startAddon(folders);
  expect(await found(second)).toEqual(["lamp x", "siren x", "bell x"]);
  save(join(folders.share, "mosquitto", "auth.yaml"), stages("false"));
  await second.line(/generation \d+ is live \((?:auth\.yaml|saved while the files were read)\)/);
  expect(await found(second)).toEqual(["lamp x"]);
});
