import { join } from "node:path";
import { expect, test } from "vitest";
import { makePair } from "../helpers/certificates.ts";
import { layOut, save, startAddon } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";

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
  expect(await refusal(url, { ...trust, username: "meter", password: "m" })).toBe(0x87);
  expect(await refusal(url, { ...trust, cert: other.cert, key: other.key })).toBe(0x87);
  expect(await refusal(url, { ...trust, cert: meter.cert, key: meter.key, username: "ann" })).toBe(0x87);
});
