import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { save } from "../helpers/culex.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";

const SOON = { timeout: 10_000, interval: 50 };
const METER = { username: "meter", password: "meter-secret" };
const OPTIONS = { logins: [METER] };
const DONE = { status: 204, body: null };

test("who is blocked is cut off and stays outside until it is not blocked any more", async () => {
  const { broker, get, send, folders } = await startPanelHouse(OPTIONS);
  const pump = await connect(broker, { ...METER, clientId: "kitchen/pump" });
  const path = "blocks/client/kitchen%2Fpump";
  expect(await send("PUT", path, { reason: "floods" })).toEqual(DONE);
  await vi.waitFor(() => expect(pump.wasClosed()).toBe(true), SOON);
  expect(await refusal(broker, { ...METER, clientId: "kitchen/pump" })).toBe(5);
  expect(await get("blocks")).toEqual({
    items: [
      {
        kind: "client",
        value: "kitchen/pump",
        by: "this machine",
        at: expect.stringMatching(/Z$/),
        reason: "floods",
        until: null,
      },
    ],
    total: 1,
    next: null,
  });
  expect(await get("clients/kitchen%2Fpump")).toMatchObject({ state: "refused", blockedBy: "this machine" });
  expect(await get("problems")).toMatchObject({
    items: [
      {
        kind: "banned",
        severity: "info",
        reason: { sentence: "the client id kitchen/pump is banned (floods)" },
        action: { label: "unblock", route: "#/devices/kitchen%2Fpump" },
      },
    ],
  });
  expect(await get("audit")).toMatchObject({ items: [{ what: "blocked the client id kitchen/pump" }] });

  for (const one of [path, "blocks/user/meter", "blocks/ip/192.0.2.0%2F24"])
    expect(await send("DELETE", one)).toEqual(DONE);
  await vi.waitFor(async () => expect(await refusal(broker, { ...METER, clientId: "kitchen/pump" })).toBe(0), SOON);
  expect(await get("clients/kitchen%2Fpump")).not.toHaveProperty("blockedBy");
  // only what was changed is recorded
  expect(await get("audit")).toMatchObject({ total: 2, items: [{ what: "unblocked the client id kitchen/pump" }, {}] });
  expect(readFileSync(join(folders.data, "bans.yaml"), "utf8")).toBe(
    "# Who may not connect. Written by culex ban and the panel, which keep no comments; you may change it yourself.\n",
  );
});

test("changes at the same time are all kept, and those of others too", async () => {
  const { get, send, folders } = await startPanelHouse(OPTIONS);
  save(join(folders.data, "bans.yaml"), "- user: guest\n");
  const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
  await Promise.all(names.map((name) => send("PUT", `blocks/client/${name}`)));
  expect(await send("PUT", "blocks/client/c0", { until: "2100-01-01T00:00:00Z" })).toEqual(DONE);
  await vi.waitFor(async () => expect(await get("blocks?limit=1")).toMatchObject({ total: 11 }), SOON);
  expect(await get("blocks?q=guest")).toMatchObject({ items: [{ kind: "user", by: null, at: null, reason: null }] });
  await vi.waitFor(
    async () => expect(await get("blocks?q=c0")).toMatchObject({ items: [{ until: "2100-01-01T00:00:00.000Z" }] }),
    SOON,
  );
});

test.each([
  ["PUT", "blocks/device/x", {}, 400, '"device" cannot be blocked.'],
  ["PUT", "blocks/ip/kitchen", {}, 400, '"kitchen": it is no address, and no network such as 10.0.0.0/8.'],
  ["PUT", "blocks/user/x", { reason: 5 }, 400, "reason: that is no text."],
  ["PUT", "blocks/user/x", { until: "2001-01-01" }, 400, "until: that is no moment to come."],
  [
    "PUT",
    "blocks/user/HomeAssistant",
    {},
    409,
    "That would keep out HomeAssistant, which is Home Assistant or its apps.",
  ],
  ["DELETE", "blocks/device/x", undefined, 400, '"device" cannot be blocked.'],
])("%s %s %j is refused", async (method, path, body, status, message) => {
  const { send, folders } = await startPanelHouse(OPTIONS);
  expect(await send(method, path, body)).toMatchObject({ status, body: { error: { message } } });
  save(join(folders.data, "bans.yaml"), "- usr: x\n");
  const faulty = await send("PUT", "blocks/user/x");
  expect(faulty).toMatchObject({ status: 409, body: { error: { code: "conflict", hint: "Correct the file first." } } });
  expect(readFileSync(join(folders.data, "bans.yaml"), "utf8")).toBe("- usr: x\n");
});

test("the address of Home Assistant itself is not blocked", async () => {
  const { broker, send, folders } = await startPanelHouse(OPTIONS);
  const system: unknown = JSON.parse(readFileSync(join(folders.data, "system_user.json"), "utf8"));
  const password = JSON.stringify(system).match(/"homeassistant":\{"password":"([^"]+)"/)?.[1] ?? "";
  await connect(broker, { username: "homeassistant", password, clientId: "ha" });
  const error = { message: "That would keep out homeassistant, which is Home Assistant or its apps." };
  for (const path of ["blocks/ip/127.0.0.0%2F8", "blocks/client/ha"]) {
    expect(await send("PUT", path)).toMatchObject({ status: 409, body: { error } });
  }
});
