import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { panelHouse } from "./panel-house.ts";

test("a topic has its last value, its publishers and its subscribers", async () => {
  const { client, get } = await panelHouse();
  const [first, second] = [await client("first"), await client("second")];
  await second.client.subscribeAsync("house/#");
  await first.client.publishAsync("house/temp", "20.5", { qos: 1 });
  await first.client.publishAsync("house/temp", "21", { qos: 0 });
  await second.client.publishAsync("house/temp", "21.5", { qos: 1, retain: true });
  await second.received(["house/temp 20.5", "house/temp 21", "house/temp 21.5"]);
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  const publisher = { user: "meter", ip: "127.0.0.1", at };
  expect(await get("topic?name=house%2Ftemp")).toEqual({
    status: 200,
    body: {
      topic: "house/temp",
      retained: true,
      qos: 1,
      bytes: 4,
      at,
      preview: { kind: "text", text: "21.5", truncated: false },
      publishers: [
        { ...publisher, client: "second", count: 1 },
        { ...publisher, client: "first", count: 2 },
      ],
      subscribers: 1,
      numbers: [
        { at, value: 20.5 },
        { at, value: 21 },
        { at, value: 21.5 },
      ],
    },
  });
  expect(await get("topic?name=house")).toEqual({
    status: 404,
    body: {
      error: {
        code: "not_found",
        message: 'Nothing was published to "house" that is still known.',
        hint: "It shows up with its next message.",
      },
    },
  });
});

test("wills are known too, and what is denied is not", async () => {
  const { client, get } = await panelHouse(
    { customize: { active: true, folder: "culex" } },
    { "share/culex/acl.conf": "acl_file /share/culex/acl", "share/culex/acl": "user meter\ntopic write allowed/#\n" },
  );
  const meter = await client("meter");
  await meter.client.publishAsync("denied", "1", { qos: 1 });
  await meter.client.publishAsync("allowed/a", "1", { qos: 1 });
  expect(await get("topics/index")).toMatchObject({ body: { enabled: true, topics: 1, forgotten: 0 } });
  expect(await get("topic?name=denied")).toMatchObject({ status: 404 });
});

test("the tree has each level with what is below it, and retained messages that nobody published since the start", async () => {
  const house = await panelHouse();
  const before = await house.client("before");
  await before.client.publishAsync("a/kept", "old", { qos: 1, retain: true });
  await house.running.stop();
  const { client, get } = await panelHouse({}, {}, house.folders);
  const { client: mqtt } = await client("x");
  for (const topic of ["a/b/c", "a/b/d", "a/b", "/e"]) await mqtt.publishAsync(topic, "1", { qos: 1 });
  const one = { kind: "text", text: "1", truncated: false };
  expect(await get("topics")).toMatchObject({
    body: {
      parent: "",
      children: [
        { name: "", topic: "", below: 1, retained: false },
        { name: "$SYS", topic: "$SYS", retained: false },
        { name: "a", topic: "a", below: 4, retained: false },
      ],
      more: 0,
    },
  });
  expect(await get("topics?parent=")).toMatchObject({
    body: { children: [{ name: "e", topic: "/e", below: 0, preview: one }] },
  });
  expect(await get("topics?parent=a")).toEqual({
    status: 200,
    body: {
      parent: "a",
      children: [
        { name: "b", topic: "a/b", below: 2, preview: one, retained: false },
        { name: "kept", topic: "a/kept", below: 0, preview: { ...one, text: "old" }, retained: true },
      ],
      more: 0,
    },
  });
});

test.each<[string, readonly string[]]>([
  ["q=KITCHEN", ["house/kitchen/lamp", "house/kitchen/temp"]],
  ["q=house/%2B/temp&mode=filter", ["house/bath/temp", "house/kitchen/temp"]],
  ["q=bath|lamp%24&mode=regex", ["house/bath/temp", "house/kitchen/lamp"]],
  ['q="state":"on&in=value', ["house/kitchen/lamp"]],
  ["q=^2\\d%24&mode=regex&in=value", ["house/bath/temp"]],
])("topics are found by %s", async (query, topics) => {
  const { client, get } = await panelHouse();
  const { client: mqtt } = await client("x");
  await mqtt.publishAsync("house/kitchen/lamp", '{"state":"ON"}', { qos: 1, retain: true });
  await mqtt.publishAsync("house/kitchen/temp", "19.5", { qos: 1 });
  await mqtt.publishAsync("house/bath/temp", "23", { qos: 1 });
  const { body } = await get(`topics/search?${query}`);
  expect(body).toMatchObject({ total: topics.length, next: null, items: topics.map((topic) => ({ topic })) });
});

test.each([
  ["q=(&mode=regex", '"(" is no regular expression.'],
  ["q=^(x%2Bx%2B)%2By&mode=regex", '"^(x+x+)+y" takes too long to compare.'],
  ["q=a%23&mode=filter", '"a#" is no topic filter: "#" must be the last level and stand alone in it.'],
  ["q=a&mode=sql", 'mode: "sql" is not known.'],
])("?%s is refused", async (query, message) => {
  const { client, get } = await panelHouse();
  const { client: mqtt } = await client("x");
  await mqtt.publishAsync("x".repeat(60), "1", { qos: 1 });
  expect(await get(`topics/search?${query}`)).toMatchObject({ status: 400, body: { error: { message } } });
});

test("without an index only retained messages are known", async () => {
  const { client, get } = await panelHouse({ limits: { max_indexed_topics: 0 } });
  const { client: mqtt } = await client("x");
  await mqtt.publishAsync("a", "1", { qos: 1 });
  await mqtt.publishAsync("b", "2", { qos: 1, retain: true });
  expect(await get("topics/index")).toMatchObject({ body: { enabled: false, topics: 0, bytes: 0 } });
  expect(await get("topic?name=a")).toMatchObject({ status: 404 });
  expect(await get("topic?name=b")).toMatchObject({
    body: { retained: true, publishers: [], preview: { text: "2" }, subscribers: 0 },
  });
});

test.each([
  [20_000, 200],
  [0, 404],
])("messages are seen as they come, with an index of %d topics", async (max_indexed_topics, status) => {
  const { client, liveUrl, get } = await panelHouse({ limits: { max_indexed_topics } });
  const { client: mqtt } = await client("x");
  const socket = new WebSocket(liveUrl);
  onTestFinished(() => socket.close());
  const frames: unknown[] = [];
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString("utf8"))));
  await once(socket, "open");
  socket.send(JSON.stringify({ tail: { filter: "a/#", max: 2 } }));
  // until the broker has heard what is wanted
  await vi.waitFor(async () => {
    await mqtt.publishAsync("a/first", "0");
    expect(frames).not.toEqual([]);
  });
  frames.length = 0;
  const row = { qos: 0, retain: false, client: "x", at: expect.stringMatching(/Z$/) };
  await vi.waitFor(
    async () => {
      // all in one packet of the network: none of them may be lost
      await Promise.all(["b", ...Array.from({ length: 5 }, () => "a/b")].map((topic) => mqtt.publishAsync(topic, "1")));
      expect(frames).toContainEqual({
        t: "tail",
        data: Array.from({ length: 2 }, () => ({
          ...row,
          topic: "a/b",
          bytes: 1,
          preview: { kind: "text", text: "1", truncated: false },
        })),
        skipped: expect.any(Number),
      });
    },
    { timeout: 10_000, interval: 300 },
  );
  expect(JSON.stringify(frames)).not.toContain('"topic":"b"');
  expect((await get("topic?name=a%2Fb")).status).toBe(status);
});

test("a device has the topics that it published to", async () => {
  const { client, get } = await panelHouse();
  const [meter, other] = [await client("kitchen/plug"), await client("other")];
  for (const topic of ["a", "b", "a", "c"]) await meter.client.publishAsync(topic, "1", { qos: 1 });
  await other.client.publishAsync("b", "1", { qos: 1 });
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  const { body } = await get("clients/kitchen%2Fplug/publishes");
  expect(body).toMatchObject({ total: 3, next: null });
  expect(body).toHaveProperty(
    "items",
    expect.arrayContaining([
      { topic: "a", at, count: 2 },
      { topic: "b", at, count: 1 },
      { topic: "c", at, count: 1 },
    ]),
  );
  expect(await get("clients/nobody/publishes")).toEqual({ status: 200, body: { items: [], total: 0, next: null } });
});

test("a message is published past the rules, or under the rights of a user", async () => {
  const { client, send, get } = await panelHouse(
    { customize: { active: true, folder: "culex" } },
    {
      "share/culex/acl.conf": "acl_file /share/culex/acl",
      "share/culex/acl": "user meter\ntopic read #\ntopic write meters/#\n",
    },
  );
  const meter = await client("meter");
  await meter.client.subscribeAsync("#");
  expect(await send("POST", "publish", { topic: "lights/x", payload: "on" })).toEqual({
    status: 200,
    body: { outcome: "sent" },
  });
  expect(
    await send("POST", "publish", {
      topic: "meters/1",
      payload: "AP8=",
      encoding: "base64",
      qos: 1,
      retain: true,
      user: "meter",
    }),
  ).toEqual({
    status: 200,
    body: { outcome: "sent" },
  });
  expect(await send("POST", "publish", { topic: "lights/x", payload: "off", user: "meter" })).toMatchObject({
    status: 400,
    body: {
      error: {
        code: "invalid",
        message: "It was not published: no rule of user meter matches; default is deny (acl).",
      },
    },
  });
  expect((await send("POST", "publish", { topic: "meters/1", payload: "2", user: null })).status).toBe(400);
  expect((await send("POST", "publish", { topic: "$SYS/broker/version", payload: "2" })).status).toBe(400);
  await meter.received(["lights/x on", "meters/1 \0\ufffd"]);
  expect(await get("retained?q=meters")).toMatchObject({ body: { items: [{ topic: "meters/1", bytes: 2, qos: 1 }] } });
  expect(await get("topic?name=lights/x")).toMatchObject({
    body: { publishers: [{ client: "panel", user: null, ip: "" }] },
  });
  expect(await get("audit?limit=2")).toMatchObject({
    body: { items: [{ what: "published to meters/1 as meter" }, { what: "published to lights/x" }] },
  });
});

test.each<[unknown, string]>([
  [{ payload: "1" }, "topic"],
  [{ topic: "a", payload: 1 }, "payload"],
  [{ topic: "a", payload: "?", encoding: "base64" }, "encoding"],
  [{ topic: "a", payload: "1", encoding: "hex" }, "encoding"],
  [{ topic: "a", payload: "1", qos: 3 }, "qos"],
  [{ topic: "a", payload: "1", retain: "yes" }, "retain"],
  [{ topic: "a", payload: "1", user: 5 }, "user"],
])("%j is no message", async (body, field) => {
  const { send } = await panelHouse();
  expect(await send("POST", "publish", body)).toMatchObject({
    status: 400,
    body: { error: { field, message: `"${field}" is missing or cannot be used.` } },
  });
});
