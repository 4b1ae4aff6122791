import { expect, test } from "vitest";
import { hsToken } from "../auth/jwt/tokens.ts";
import { layOut, startAddon } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";

const AUTH = `
stages:
  - type: jwt
    secret: signed here
  - type: users
    users:
      - username: oven
        password: hot
        permissions: [{ resource: "factory1/+/temperature", operation: write }]
        publish_prefix: "factory1/"
  - type: clientid
    clients: [{ clientid: addons, password: x }, { clientid: plug-1, password: x }]
`;

test("users, tokens and client ids of auth.yaml, with what they may do and for how long", async () => {
  const running = await startAddon(
    layOut({
      "data/options.json": JSON.stringify({ logins: [], customize: { active: true, folder: "mosquitto" } }),
      "share/mosquitto/auth.yaml": AUTH,
    }),
  );
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const token = hsToken("signed here", { sub: "panel", exp: Math.floor(Date.now() / 1000) + 4, acl: { sub: ["#"] } });
  const panel = await connect(url, { username: "panel", password: token, protocolVersion: 5 });
  await panel.client.subscribeAsync("#");
  const oven = await connect(url, { username: "oven", password: "hot", protocolVersion: 5 });
  await oven.client.publishAsync("1/temperature", "220", { qos: 1 });
  await panel.received(["factory1/1/temperature 220"]);
  await expect(oven.client.publishAsync("1/state", "on", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
  await connect(url, { clientId: "plug-1", username: "any", password: "x", protocolVersion: 5 });
  // a reserved name is nobody's, whichever way it comes
  expect(await refusal(url, { clientId: "addons", username: "any", password: "x", protocolVersion: 5 })).toBe(0x87);
  await expect.poll(() => panel.wasClosed(), { timeout: 10_000 }).toBe(true);
  await running.line(/its login has expired/);
  expect(await refusal(url, { username: "panel", password: token, protocolVersion: 5 })).toBe(0x87);
});
