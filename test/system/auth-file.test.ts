import { join } from "node:path";
import { expect, test } from "vitest";
import { launch, layOut, save, startAddon } from "../helpers/culex.ts";
import { connect, refusal, type TestClient } from "../helpers/mqtt.ts";
import { sha512Hash } from "../auth/context.ts";

const OPTIONS = JSON.stringify({
  logins: [{ username: "meter", password: "m" }],
  anonymous: true,
  customize: { active: true, folder: "mosquitto" },
});
const ANN = { username: "ann", password: "a" };
const METER = { username: "meter", password: "m" };

function house(auth: string) {
  return layOut({
    "data/options.json": OPTIONS,
    "share/mosquitto/a.conf": "password_file /share/mosquitto/passwords\n",
    "share/mosquitto/passwords": `ann:${sha512Hash("a")}\n`,
    "share/mosquitto/auth.yaml": auth,
  });
}

test("the stages of auth.yaml are the chain, and a save puts others in force", async () => {
  const folders = house("stages:\n  - type: password-file\n");
  const file = join(folders.share, "mosquitto", "auth.yaml");
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const ann = await connect(url, { ...ANN, protocolVersion: 5 });
  // neither the options' logins nor their anonymous access are listed
  expect(await refusal(url, { ...METER, protocolVersion: 5 })).toBe(0x87);
  expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);

  save(file, "stages:\n  - type: logins\n    when: { listener: '1883', clientid: 'meter-*' }\n");
  await running.line(/generation \d+ is live \((?:auth\.yaml|saved while the files were read)\)/);
  await expect.poll(() => ann.wasClosed()).toBe(true);
  expect(await refusal(url, { ...METER, clientId: "other", protocolVersion: 5 })).toBe(0x87);
  await connect(url, { ...METER, clientId: "meter-1", protocolVersion: 5 });

  save(file, "stages:\n  - type: logins\n    on_eror: deny\n  - tipe: x\n");
  await running.line(
    /auth\.yaml line 4:5: "type" is missing\. The stages read at \S+ stay in use\. Add "type: \.\.\."\./,
  );
  await connect(url, { ...METER, clientId: "meter-2", protocolVersion: 5 });
});

test("an auth.yaml that was never without a fault lets nobody in but the system users", async () => {
  const running = await startAddon(house("stages: [\n"));
  await running.line(
    /auth\.yaml line 2:1: this is not valid YAML\. Nobody but Home Assistant and apps can log in until this is corrected\./,
  );
  expect(await refusal(`mqtt://127.0.0.1:${running.port("mqtt")}`, { ...METER, protocolVersion: 5 })).toBe(0x87);
});

test("a stage that cannot be made is no no: its clients are told to try again", async () => {
  const running = await startAddon(house("stages:\n  - type: pasword-file\n  - type: logins\n"));
  await running.line(
    /auth\.yaml line 2:5: "pasword-file" is no type of login source here\. Clients that it should decide about are told to try again \(server unavailable\)\. Did you mean "password-file"\?/,
  );
  expect(await refusal(`mqtt://127.0.0.1:${running.port("mqtt")}`, { ...METER, protocolVersion: 5 })).toBe(0x88);
});

test("culex check says what is wrong in auth.yaml", async () => {
  const folders = house(
    "stages:\n  - type: logins\n  - type: http\n    login: { uri: 'http://127.0.0.1:9/auth' }\n  - type: clientid\n    clientss: []\n  - type: certificate\n    timout: 1\n",
  );
  const args = ["--options", join(folders.data, "options.json"), "--share", folders.share, "--ssl", folders.ssl];
  const checking = launch(["src/main.ts", "check", ...args]);
  expect(await checking.ended).toBe(2);
  const now = "Clients that it should decide about are told to try again (server unavailable).";
  expect(checking.lines.filter((line) => line.includes("auth.yaml"))).toEqual([
    `error: auth.yaml line 4:14: the stage "http" cannot be used: "uri" is not known here. ${now} Did you mean "url"?`,
    `error: auth.yaml line 6:5: the stage "clientid" cannot be used: "clientss" is not known here. ${now} Did you mean "clients"?`,
    `error: auth.yaml line 8:5: the stage "certificate" cannot be used: "timout" is not known here. ${now} Did you mean "timeout"?`,
  ]);
});

test("a stage that cannot be made might have had rules: nobody may do what the sources before it leave open", async () => {
  const folders = house("stages:\n  - type: logins\n  - type: htpt\n    login: {}\n");
  const running = await startAddon(folders);
  const meter = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, { ...METER, protocolVersion: 5 });
  await expect(meter.client.publishAsync("home/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
  save(
    join(folders.share, "mosquitto", "auth.yaml"),
    "stages:\n  - type: logins\n  - type: htpt\n    login: {}\nacl: { sources: [login, files] }\n",
  );
  const publish = (): Promise<unknown> => meter.client.publishAsync("home/1", "x", { qos: 1 });
  await expect.poll(() => publish().then(Boolean, () => false), { timeout: 10_000 }).toBe(true);
});

test("deny_action: disconnect ends the connection of who does what the rules deny", async () => {
  const folders = layOut({
    "data/options.json": OPTIONS,
    "share/mosquitto/a.conf": "acl_file /share/mosquitto/acl.conf\n",
    "share/mosquitto/acl.conf": '{allow, all, pubsub, ["home/#"]}.\n',
    "share/mosquitto/auth.yaml": "stages:\n  - type: logins\nacl: { deny_action: disconnect }\n",
  });
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const codeOfEnd = async (act: (client: TestClient["client"]) => unknown): Promise<unknown> => {
    const { client } = await connect(url, { ...METER, protocolVersion: 5 });
    await client.publishAsync("home/1", "x", { qos: 1 });
    return new Promise((resolve) => {
      client.once("disconnect", resolve);
      act(client);
    });
  };
  for (const qos of [0, 1, 2] as const) {
    expect(await codeOfEnd((client) => client.publish("x", "x", { qos }))).toMatchObject({ reasonCode: 0x87 });
    expect(await codeOfEnd((client) => client.publish("x", "x", { qos, retain: true }))).toMatchObject({
      reasonCode: 0x87,
    });
  }
  expect(await codeOfEnd((client) => client.subscribe(["home/#", "x"]))).toMatchObject({ reasonCode: 0x87 });
  await running.line(/published to a topic that the rules deny \(deny_action\)/);
  const old = await connect(url, { ...METER, protocolVersion: 4 });
  old.client.subscribe("x");
  await expect.poll(() => old.wasClosed()).toBe(true);
});
