import { expect, test, vi } from "vitest";
import { connect, refusal } from "../helpers/mqtt.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";

const LOGINS = {
  logins: [
    { username: "meter", password: "meter-secret" },
    { username: "plug", password: "plug-secret" },
  ],
};
const METER = { username: "meter", password: "meter-secret" };

test("a device is told with what it does, and can be disconnected", async () => {
  const { broker, get, send } = await startPanelHouse(LOGINS);
  const id = "kitchen/plug";
  const path = `clients/${encodeURIComponent(id)}`;
  const device = await connect(broker, {
    ...METER,
    clientId: id,
    protocolVersion: 5,
    keepalive: 30,
    reconnectPeriod: 0,
  });
  await device.client.subscribeAsync("a/#", { qos: 1 });
  await device.client.publishAsync("a/b", "12345", { qos: 1 });
  await device.received(["a/b 12345"]);
  expect(await get(path)).toMatchObject({
    id,
    user: "meter",
    source: "option",
    state: "connected",
    ip: "127.0.0.1",
    listener: "1883",
    tls: false,
    protocol: 5,
    keepalive: 30,
    clean: true,
    expiry: 0,
    in: { perMin: 1, total: 1, bytes: 5 },
    out: { perMin: 1, total: 1, bytes: 5 },
    lastTopic: "a/b",
  });
  expect(await get(`${path}/subscriptions`)).toEqual([{ filter: "a/#", qos: 1, isSuspended: false }]);

  expect(await send("POST", `${path}/disconnect`)).toEqual({ status: 204, body: null });
  await vi.waitFor(() => expect(device.wasClosed()).toBe(true));
  expect(await get(`${path}/events`)).toMatchObject({
    total: 2,
    items: [
      { kind: "gone", reason: { sentence: "disconnected in the panel by this machine" } },
      { kind: "connected", ip: "127.0.0.1" },
    ],
  });
  expect(await get("audit")).toMatchObject({ items: [{ by: "this machine", what: `disconnected ${id}` }] });
  expect(await send("POST", `${path}/disconnect`)).toMatchObject({
    status: 409,
    body: { error: { code: "conflict", message: `${id} is not connected.`, hint: "There is nothing to end." } },
  });
});

test("who waits for a device that never comes back can be told to stop", async () => {
  const { broker, get, send } = await startPanelHouse(LOGINS);
  const device = await connect(broker, { ...METER, clientId: "old", clean: false });
  await device.client.subscribeAsync("a", { qos: 1 });
  await device.client.endAsync();
  const other = await connect(broker, { ...METER, clientId: "other" });
  await other.client.publishAsync("a", "12345", { qos: 1 });
  expect(await get("clients/old")).toMatchObject({ state: "asleep", queued: { count: 1, bytes: 6 } });
  expect(await send("DELETE", "clients/old/session")).toEqual({ status: 204, body: null });
  expect(await get("clients/old")).toMatchObject({ state: "gone", queued: { count: 0, bytes: 0 } });
  expect(await get("clients/old/events")).toMatchObject({
    items: [{ kind: "session_ended", reason: { sentence: "ended in the panel by this machine" } }, {}, {}],
  });
  expect(await send("DELETE", "clients/old/session")).toMatchObject({
    status: 409,
    body: { error: { code: "conflict", message: "old has no session.", hint: "There is nothing to end." } },
  });
});

test("lists are picked from by state and sorted by what devices do", async () => {
  const { broker, get, send } = await startPanelHouse(LOGINS);
  const quiet = await connect(broker, { ...METER, clientId: "quiet" });
  const loud = await connect(broker, { ...METER, clientId: "loud" });
  for (const payload of ["1", "2", "3"]) await loud.client.publishAsync("a", payload, { qos: 1 });
  await quiet.client.publishAsync("a", "1", { qos: 1 });
  await refusal(broker, { username: "plug", password: "wrong", clientId: "stranger" });
  const ids = async (query: string): Promise<unknown> => {
    const list = await get(`clients?${query}`);
    return typeof list === "object" && list !== null && "items" in list && Array.isArray(list.items)
      ? list.items.map(({ id }: { readonly id: string }) => id)
      : [];
  };
  expect(await ids("sort=in&dir=desc&limit=2")).toEqual(["loud", "quiet"]);
  expect(await ids("state=refused")).toEqual(["stranger"]);
  expect(await ids("q=LOU")).toEqual(["loud"]);
  expect(await send("GET", "clients?state=lost")).toMatchObject({
    status: 400,
    body: {
      error: {
        code: "invalid",
        message: 'state: "lost" is not known here.',
        hint: "Use connected, asleep, overdue, gone or refused.",
        field: "state",
      },
    },
  });
  expect(await send("GET", "clients/nobody")).toMatchObject({
    status: 404,
    body: {
      error: { code: "not_found", message: "Nobody called nobody was ever here.", hint: "Check the client id." },
    },
  });
});
