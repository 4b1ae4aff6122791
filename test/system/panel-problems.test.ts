import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { save } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { startPanelHouse, type PanelHouse } from "../helpers/panel-api.ts";

const SOON = { timeout: 15_000, interval: 50 };
const LOGINS = {
  logins: [
    { username: "meter", password: "meter-secret" },
    { username: "plug", password: "plug-secret" },
  ],
};
/** Mosquitto would need it, which is told otherwise. */
const SYSTEM = "user homeassistant\ntopic readwrite #\nuser addons\ntopic readwrite #\n";
const METER = { username: "meter", password: "meter-secret" };

async function problemsOf({ get }: PanelHouse): Promise<unknown> {
  const page = await get("problems");
  return typeof page === "object" && page !== null && "items" in page ? page.items : null;
}

test("a wrong password is one card with its count, and goes when the device comes in", async () => {
  const house = await startPanelHouse(LOGINS);
  const plug = { username: "plug", clientId: "kitchen/plug" };
  for (let tries = 0; tries < 10; tries++) await refusal(house.broker, { ...plug, password: "wrong" });
  expect(await problemsOf(house)).toEqual([
    {
      id: expect.any(String),
      kind: "wrong_password",
      severity: "warning",
      subject: "kitchen/plug",
      user: "plug",
      ips: ["127.0.0.1"],
      count: 10,
      first: expect.any(String),
      last: expect.any(String),
      reason: expect.objectContaining({ kind: "wrong_password", sentence: "wrong password for user plug" }),
      action: { label: "new_password", route: "#/access/users?user=plug" },
    },
  ]);
  expect(await house.get("clients/kitchen%2Fplug")).toMatchObject({ state: "refused", problems: 1 });
  expect(await house.get("overview")).toMatchObject({
    devices: { connected: 0, refused: 1 },
    problems: { total: 1, top: [{ kind: "wrong_password" }] },
  });
  await connect(house.broker, { ...plug, password: "plug-secret" });
  expect(await problemsOf(house)).toEqual([]);
});

test("each way to be refused has a card of its own", async () => {
  const house = await startPanelHouse(LOGINS);
  await refusal(house.broker, { clientId: "nameless" });
  await refusal(house.broker, { clientId: "unknown", username: "mater", password: "x" });
  await refusal(house.broker.replace("mqtt:", "mqtts:"), { clientId: "secret" }).catch(() => undefined);
  await fetch(house.broker.replace("mqtt:", "http:")).catch(() => undefined);
  await vi.waitFor(
    async () =>
      expect(await problemsOf(house)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ kind: "no_credentials", subject: "nameless", user: null }),
          expect.objectContaining({ kind: "unknown_user", subject: "unknown", user: "mater" }),
          expect.objectContaining({ kind: "tls_on_plain", subject: "127.0.0.1" }),
          expect.objectContaining({ kind: "http_on_mqtt", subject: "127.0.0.1", severity: "info" }),
        ]),
      ),
    SOON,
  );
});

test("a denied message goes from the list when the file allows it", async () => {
  const house = await startPanelHouse(
    { ...LOGINS, customize: { active: true, folder: "mosquitto" } },
    {
      "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
      "share/mosquitto/acl": `${SYSTEM}user meter\ntopic write meters/#\n`,
    },
  );
  const meter = await connect(house.broker, { ...METER, clientId: "m" });
  await meter.client.publishAsync("lights/x", "1", { qos: 1 });
  expect(await problemsOf(house)).toMatchObject([
    {
      kind: "publish_denied",
      subject: "m",
      user: "meter",
      reason: { sentence: expect.stringContaining("may not publish to lights/x: ") },
      denied: { action: "publish", topic: "lights/x" },
      action: { label: "explain", route: "#/access/test?user=meter&client=m&action=publish&topic=lights%2Fx" },
    },
  ]);
  expect(await house.get("clients/m/events")).toMatchObject({ items: [{ kind: "denied", topic: "lights/x" }, {}] });
  save(join(house.folders.share, "mosquitto/acl"), `${SYSTEM}user meter\ntopic write #\n`);
  await house.running.line(/generation 2 is live/);
  await vi.waitFor(async () => expect(await problemsOf(house)).toEqual([]), SOON);
  expect(meter.wasClosed()).toBe(false);
});

test("two devices that fight over a client id are one card", async () => {
  const house = await startPanelHouse(LOGINS);
  for (let round = 0; round < 4; round++) await connect(house.broker, { ...METER, clientId: "esp-1" });
  expect(await problemsOf(house)).toMatchObject([
    {
      kind: "loop",
      subject: "esp-1",
      count: 3,
      reason: { sentence: "two connections from 127.0.0.1 use client id esp-1" },
    },
  ]);
});

test("a fault in a file can be muted, and goes when it is corrected", async () => {
  const house = await startPanelHouse(
    { ...LOGINS, customize: { active: true, folder: "mosquitto" } },
    { "share/mosquitto/extra.conf": "max_keepalive soon\n" },
  );
  const [card] = await cardsOf(house);
  expect(card).toMatchObject({ kind: "config", subject: "extra.conf" });
  const path = `problems/${encodeURIComponent(card?.id ?? "")}/mute`;
  expect(await house.send("POST", path, { days: 7 })).toEqual({ status: 204, body: null });
  expect((await cardsOf(house))[0]?.mutedUntil).toMatch(/Z$/);
  expect(await house.get("overview")).toMatchObject({ problems: { total: 0, top: [] } });
  expect(await house.get("audit")).toMatchObject({
    items: [{ what: "muted the problem of extra.conf for 7 days" }],
  });
  expect(await house.send("DELETE", path)).toEqual({ status: 204, body: null });
  expect((await cardsOf(house))[0]?.mutedUntil).toBeUndefined();
  expect(await house.send("POST", path, { days: -1 })).toMatchObject({
    status: 400,
    body: { error: { message: "days: that is no number of days.", hint: "Use a number up to 365.", field: "days" } },
  });
  expect(await house.send("POST", "problems/none/mute", {})).toMatchObject({
    status: 404,
    body: { error: { message: "There is no such problem.", hint: "It may have been solved by now." } },
  });
  save(join(house.folders.share, "mosquitto/extra.conf"), "max_keepalive 600\n");
  await vi.waitFor(async () => expect(await problemsOf(house)).toEqual([]), SOON);
});

async function cardsOf(house: PanelHouse): Promise<readonly { readonly id: string; readonly mutedUntil?: string }[]> {
  const items = await problemsOf(house);
  return Array.isArray(items) ? items : [];
}
