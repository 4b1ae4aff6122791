import { join } from "node:path";
import { expect, test } from "vitest";
import { makePair, type Pair } from "../helpers/certificates.ts";
import { launch, layOut, save, startAddon } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const AUTH = `
stages:
  - type: users
    users:
      - { username: meter, grants: [certificate] }
      - { username: ann, password: a }
`;

test("certificates and passwords on one listener", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({
      logins: [],
      certfile: "server.pem",
      keyfile: "server.key",
      cafile: "ca.pem",
      customize: { active: true, folder: "mosquitto" },
    }),
  });
  save(join(folders.share, "mosquitto", "auth.yaml"), AUTH);
  const ca = makePair(folders.ssl, { name: "ca", commonName: "House CA" });
  makePair(folders.ssl, { name: "server", commonName: "localhost", issuer: ca });
  const meter = makePair(folders.ssl, { name: "meter", commonName: "meter", issuer: ca });
  const other = makePair(folders.ssl, { name: "other", commonName: "other", issuer: ca });
  const running = await startAddon(folders);
  const url = `mqtts://127.0.0.1:${running.port("mqtts")}`;
  const trust = { ca: ca.cert, protocolVersion: 5 } as const;
  await connect(url, { ...trust, cert: meter.cert, key: meter.key });
  await connect(url, { ...trust, username: "ann", password: "a" });
  await connect(url, { ...trust, cert: other.cert, key: other.key, username: "ann", password: "a" });
  const page = `wss://127.0.0.1:${running.port("wss")}`;
  await connect(page, { ...trust, cert: meter.cert, key: meter.key });
  await connect(page, { ...trust, username: "ann", password: "a" });
  expect(await refusal(page, { ...trust, username: "meter", password: "m" })).toBe(0x87);
  expect(await refusal(url, { ...trust, username: "meter", password: "m" })).toBe(0x87);
  expect(await refusal(url, { ...trust, cert: other.cert, key: other.key })).toBe(0x87);
  expect(await refusal(url, { ...trust, cert: meter.cert, key: meter.key, username: "ann" })).toBe(0x87);
});

const FACTORY = `
stages:
  - type: users
    roles:
      - { name: sensor, permissions: [{ resource: "factory1/+/temperature", operation: write }] }
    users:
      - { username: meter, grants: [certificate], roles: [sensor], publish_prefix: "factory1/" }
      - { username: gate, password: g, grants: [certificate, password], roles: [sensor] }
      - { username: ann, password: a, permissions: [{ resource: "factory1/#", operation: read }] }
`;

test("mosquitto_pub and mosquitto_sub by certificate or password, as each user is granted", async () => {
  const folder = tempFolder();
  const ca = makePair(folder, { name: "ca", commonName: "House CA" });
  const server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
  const [port, plain] = [await freePort(), await freePort()];
  save(
    join(folder, "mosquitto.conf"),
    `listener ${plain} 127.0.0.1
listener ${port} 127.0.0.1
certfile ${server.certFile}
keyfile ${server.keyFile}
cafile ${ca.certFile}
`,
  );
  save(join(folder, "auth.yaml"), FACTORY);
  const running = launch(["src/main.ts", "run", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);

  const trust = ["--cafile", ca.certFile, "-V", "5", "-q", "1"];
  const by = ({ certFile, keyFile }: Pair): readonly string[] => [...trust, "--cert", certFile, "--key", keyFile];
  const byPassword = (name: string, password: string): readonly string[] => [...trust, "-u", name, "-P", password];
  const publish = (who: readonly string[], topic: string, payload: string) =>
    mosquittoPub(port, [...who, "-t", topic, "-m", payload]);
  const meter = by(makePair(folder, { name: "meter", commonName: "meter", issuer: ca }));
  const gate = by(makePair(folder, { name: "gate", commonName: "gate", issuer: ca }));
  const annByCertificate = by(makePair(folder, { name: "ann", commonName: "ann", issuer: ca }));
  const otherCa = makePair(folder, { name: "ca-other", commonName: "Other CA" });
  const forged = by(makePair(folder, { name: "forged", commonName: "meter", issuer: otherCa }));
  const ann = await mosquittoSub(port, [...byPassword("ann", "a"), "-t", "factory1/#"]);

  expect(await publish(meter, "1/temperature", "by certificate")).toEqual({ code: 0, output: "" });
  expect(await publish(gate, "factory1/2/temperature", "by certificate")).toEqual({ code: 0, output: "" });
  const gatePassword = byPassword("gate", "g");
  expect(await publish(gatePassword, "factory1/2/temperature", "by password")).toEqual({ code: 0, output: "" });
  for (const who of [byPassword("meter", "m"), byPassword("gate", "wrong"), annByCertificate, trust]) {
    expect(await publish(who, "factory1/3/temperature", "refused")).toMatchObject({ code: 135 });
  }
  await running.line(
    / was refused: sent no user name, and its certificate \(ann\) is no login here\. Add a login in the/,
  );
  expect(await publish(forged, "1/temperature", "forged")).not.toMatchObject({ code: 0 });
  await running.line(
    /A device at 127.0.0.1 was refused: its certificate was not accepted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
  );
  // without TLS there is no certificate, so the name alone is nothing
  expect(await mosquittoPub(plain, ["-V", "5", "-u", "meter", "-t", "1/temperature", "-m", "x"])).toMatchObject({
    code: 135,
  });
  // the prefix is put before what has it already, and that topic is not allowed
  expect(await publish(meter, "factory1/1/temperature", "twice")).toEqual({
    code: 0,
    output: "Warning: Publish 1 failed: Not authorized.\n",
  });
  expect(await publish(gate, "factory1/2/temperature", "the last")).toEqual({ code: 0, output: "" });
  await ann.received([
    "factory1/1/temperature by certificate",
    "factory1/2/temperature by certificate",
    "factory1/2/temperature by password",
    "factory1/2/temperature the last",
  ]);
});
