import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { type PanelHouse, panelHouse } from "./panel-house.ts";

interface Plan {
  readonly token: string;
  readonly id: string;
}

function isPlan(body: unknown): body is Plan {
  return typeof body === "object" && body !== null;
}

/** What `send` answered, which must be a success. */
async function done(answer: ReturnType<PanelHouse["send"]>): Promise<Plan> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBe(200);
  return isPlan(body) ? body : { token: "", id: "" };
}

/** Plans a deletion, carries it out, and waits for its end. */
async function remove({ get, send }: PanelHouse, wanted: unknown) {
  const { token } = await done(send("POST", "retained/delete", wanted));
  const { id } = await done(send("POST", "retained/delete", { token }));
  return ended(get, id);
}

async function ended(get: PanelHouse["get"], id: string): Promise<unknown> {
  return vi.waitFor(
    async () => {
      const { body } = await get(`jobs/${id}`);
      expect(body).not.toMatchObject({ state: "running" });
      return body;
    },
    { timeout: 10_000, interval: 20 },
  );
}

/** Publishes retained messages: topic and payload. */
async function keep({ client }: TestClient, messages: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [topic, payload] of Object.entries(messages)) {
    await client.publishAsync(topic, payload, { qos: 1, retain: true });
  }
}

test("the table of retained messages is searched, sorted and cut into pages", async () => {
  const { client, get } = await panelHouse();
  await keep(await client("a"), { "x/1": "22", "x/2": "1", "y/1": "333" });
  await keep(await client("b"), { "x/3": "4444" });
  const at = expect.stringMatching(/Z$/);
  expect(await get("retained?q=X%2F")).toEqual({
    status: 200,
    body: {
      items: [
        { topic: "x/1", qos: 1, bytes: 2, at, publisher: "a", preview: { kind: "text", text: "22", truncated: false } },
        { topic: "x/2", qos: 1, bytes: 1, at, publisher: "a", preview: { kind: "text", text: "1", truncated: false } },
        {
          topic: "x/3",
          qos: 1,
          bytes: 4,
          at,
          publisher: "b",
          preview: { kind: "text", text: "4444", truncated: false },
        },
      ],
      total: 3,
      next: null,
    },
  });
  const topics = async (query: string): Promise<unknown> => (await get(`retained?${query}`)).body;
  expect(await topics("q=%2F1&sort=bytes&dir=desc")).toMatchObject({ items: [{ topic: "y/1" }, { topic: "x/1" }] });
  expect(await topics("q=x%2F&sort=at&dir=desc&limit=1")).toMatchObject({
    items: [{ topic: "x/3" }],
    total: 3,
    next: "1",
  });
  expect(await topics("q=x%2F&sort=publisher&cursor=2")).toMatchObject({ items: [{ topic: "x/3" }], next: null });
  expect(await get("retained?sort=color")).toMatchObject({
    status: 400,
    body: {
      error: { message: 'This list cannot be sorted by "color".', hint: "Use one of topic, bytes, at, publisher." },
    },
  });
});

test("what is deleted is shown first, told to who subscribed, and comes back byte by byte after a restart", async () => {
  const house = await panelHouse();
  const { client, get, send, running, folders } = house;
  const owner = await client("owner");
  const bytes = Buffer.from([0, 255, 1, 254]);
  await keep(owner, { "ghost/a": bytes, "ghost/b": "x", "real/a": "stays" });
  const v5 = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    clientId: "five",
    username: "meter",
    password: "meter-password",
    protocolVersion: 5,
  });
  await v5.client.publishAsync("ghost/c", "with properties", {
    qos: 2,
    retain: true,
    properties: { contentType: "text/plain", userProperties: { a: "b" } },
  });
  const watcher = await client("watcher");
  await watcher.client.subscribeAsync("ghost/#");
  await vi.waitFor(() => expect(watcher.messages).toHaveLength(3));
  watcher.messages.length = 0;

  const planned = await send("POST", "retained/delete", { filter: "ghost/#" });
  expect(planned).toMatchObject({ status: 200, body: { count: 3, sample: expect.arrayContaining(["ghost/a"]) } });
  expect(watcher.messages).toEqual([]);
  expect(await remove(house, { filter: "ghost/#" })).toEqual({
    id: expect.any(String),
    what: "delete 3 retained messages",
    done: 3,
    total: 3,
    state: "finished",
  });
  await vi.waitFor(() => expect(watcher.messages.toSorted()).toEqual(["ghost/a ", "ghost/b ", "ghost/c "]));
  expect(await get("retained?q=a")).toMatchObject({ body: { items: [{ topic: "real/a" }] } });
  expect(await get("audit")).toMatchObject({ body: { items: [{ what: "began to delete 3 retained messages" }] } });
  expect(statSync(join(folders.data, "panel-trash.jsonl")).mode & 0o777).toBe(0o600);
  await running.stop();

  const again = await panelHouse({}, {}, folders);
  const { body } = await again.get("trash?sort=topic");
  expect(body).toMatchObject({
    total: 3,
    items: [
      { topic: "ghost/a", bytes: 4, deletedBy: "this machine" },
      { topic: "ghost/b", bytes: 1 },
      { topic: "ghost/c", bytes: 15 },
    ],
  });
  // the one that somebody publishes again keeps what it has now
  await keep(await again.client("owner"), { "ghost/b": "newer" });
  const ids = idsIn(body);
  const job = await done(again.send("POST", "trash/restore", { ids }));
  expect(await ended(again.get, job.id)).toMatchObject({
    what: "restore 3 retained messages",
    done: 3,
    state: "finished",
    error: "1 topic with a newer message: it stays.",
  });
  expect(await again.get("trash")).toMatchObject({ body: { total: 1, items: [{ topic: "ghost/b" }] } });
  const reader = await connect(`mqtt://127.0.0.1:${again.running.port("mqtt")}`, {
    clientId: "reader",
    username: "meter",
    password: "meter-password",
    protocolVersion: 5,
  });
  const got = new Map<string, unknown>();
  reader.client.on("message", (topic, payload, { qos, retain, properties }) => {
    got.set(topic, { payload: payload.toString("latin1"), qos, retain, properties });
  });
  await reader.client.subscribeAsync("ghost/#", { qos: 2 });
  await vi.waitFor(() => expect(got.size).toBe(3));
  expect(got.get("ghost/a")).toMatchObject({ payload: bytes.toString("latin1"), qos: 1, retain: true });
  expect(got.get("ghost/b")).toMatchObject({ payload: "newer" });
  expect(got.get("ghost/c")).toMatchObject({
    payload: "with properties",
    qos: 2,
    properties: { contentType: "text/plain", userProperties: { a: "b" } },
  });

  const { status } = await again.send("POST", "trash/delete", { ids });
  expect(status).toBe(204);
  expect(await again.get("trash")).toMatchObject({ body: { total: 0 } });
});

test("5000 messages go in less than five seconds, and nobody waits for that", async () => {
  const house = await panelHouse();
  const owner = await house.client("owner");
  await Promise.all(
    Array.from({ length: 5000 }, (_, number) =>
      owner.client.publishAsync(`ghost/${number}`, "x".repeat(200), { qos: 1, retain: true }),
    ),
  );
  const { token } = await done(house.send("POST", "retained/delete", { filter: "ghost/#" }));
  const startMs = performance.now();
  const { id } = await done(house.send("POST", "retained/delete", { token }));
  let slowest = 0;
  for (let state: unknown = null; ;) {
    const sentMs = performance.now();
    // a PUBACK takes the way that a PINGRESP takes
    await owner.client.publishAsync("ping", "", { qos: 1 });
    slowest = Math.max(slowest, performance.now() - sentMs);
    state = (await house.get(`jobs/${id}`)).body;
    if (JSON.stringify(state).includes("finished")) break;
  }
  expect(performance.now() - startMs).toBeLessThan(5000);
  expect(slowest).toBeLessThan(200);
  expect(await house.get("retained?q=ghost")).toMatchObject({ body: { total: 0 } });
  expect(await house.get("trash")).toMatchObject({ body: { total: 5000, next: "50" } });

  // ghost/49, ghost/490 to ghost/499 and ghost/4900 to ghost/4999
  const back = await done(house.send("POST", "trash/restore", { q: "GHOST/49" }));
  expect(await ended(house.get, back.id)).toMatchObject({ what: "restore 111 retained messages", state: "finished" });
  expect(await house.get("retained?q=ghost")).toMatchObject({ body: { total: 111 } });
  expect((await house.send("POST", "trash/delete", { q: "" })).status).toBe(204);
  expect(await house.get("trash")).toMatchObject({ body: { total: 0 } });
});

test("a job that is cancelled leaves the rest", async () => {
  const house = await panelHouse();
  const owner = await house.client("owner");
  await Promise.all(
    Array.from({ length: 3000 }, (_, number) =>
      owner.client.publishAsync(`ghost/${number}`, "x", { qos: 1, retain: true }),
    ),
  );
  const { token } = await done(house.send("POST", "retained/delete", { filter: "ghost/#" }));
  const { id } = await done(house.send("POST", "retained/delete", { token }));
  expect((await house.send("POST", `jobs/${id}/cancel`)).status).toBe(204);
  expect(await ended(house.get, id)).toMatchObject({ state: "cancelled", total: 3000 });
  const { body } = await house.get("retained?q=ghost");
  const left = totalIn(body);
  expect(left).toBeGreaterThan(0);
  expect(totalIn((await house.get("trash")).body)).toBe(3000 - left);
  expect(await house.send("POST", `jobs/${id}/cancel`)).toMatchObject({ status: 404 });
});

test.each<[unknown, number, string]>([
  [{}, 400, "topics is no list of texts."],
  [{ topics: [] }, 400, "topics is no list of texts."],
  [{ topics: ["a", 1] }, 400, "topics is no list of texts."],
  [{ filter: "a#" }, 400, '"a#" is no topic filter: "#" must be the last level and stand alone in it.'],
  [{ token: "x" }, 409, "What this token stood for was done, or shown too long ago."],
])("%j deletes nothing", async (body, status, message) => {
  const { send, client, get } = await panelHouse();
  await keep(await client("a"), { a: "1" });
  expect(await send("POST", "retained/delete", body)).toMatchObject({ status, body: { error: { message } } });
  expect(await get("retained?q=a")).toMatchObject({
    body: { items: expect.arrayContaining([expect.objectContaining({ topic: "a" })]) },
  });
});

test("a token works once, and what the broker says itself is not deleted", async () => {
  const house = await panelHouse();
  await keep(await house.client("a"), { a: "1" });
  const { body } = await house.send("POST", "retained/delete", { topics: ["a", "a", "b", "$SYS/broker/version"] });
  expect(body).toMatchObject({ count: 1, sample: ["a"] });
  const { token } = isPlan(body) ? body : { token: "" };
  await done(house.send("POST", "retained/delete", { token }));
  expect((await house.send("POST", "retained/delete", { token })).status).toBe(409);
});

test("a trash that cannot be written lets nothing be deleted", async () => {
  const house = await panelHouse({}, { "data/panel-trash.jsonl/in-the-way": "" });
  await keep(await house.client("a"), { a: "1" });
  expect(await remove(house, { filter: "a" })).toMatchObject({
    state: "failed",
    done: 0,
    error: expect.stringContaining("EISDIR"),
  });
  expect(await house.get("retained")).toMatchObject({ body: { items: [{ topic: "a" }] } });
});

test("a line of the trash that a crash has cut off is lost, and no other", async () => {
  const house = await panelHouse();
  await keep(await house.client("a"), { a: "1", b: "2" });
  await remove(house, { topics: ["a"] });
  await house.running.stop();
  const file = join(house.folders.data, "panel-trash.jsonl");
  expect(existsSync(file)).toBe(true);
  appendFileSync(file, '{"id":"half');
  const again = await panelHouse({}, {}, house.folders);
  await remove(again, { topics: ["b"] });
  expect(await again.get("trash?sort=topic")).toMatchObject({ body: { items: [{ topic: "a" }, { topic: "b" }] } });
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(3);
});

function idsIn(body: unknown): readonly string[] {
  const items: unknown = isObject(body) ? body["items"] : null;
  return Array.isArray(items) ? items.flatMap((item) => (isObject(item) ? String(item["id"]) : [])) : [];
}

function totalIn(body: unknown): number {
  return isObject(body) ? Number(body["total"]) : Number.NaN;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
