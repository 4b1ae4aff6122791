import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { TailLine } from "../../../src/core/api/live.ts";
import { listChannel, wholeChannel } from "../../../src/http/panel/live-channel.ts";
import type { Visitors } from "../../../src/core/visit.ts";
import type { TailTap } from "../../../src/http/panel/live-tail.ts";
import { createLiveDesk, type LiveDesk } from "../../../src/http/panel/live.ts";

/** Opens a desk on a port of its own. */
async function portOf(desk: LiveDesk): Promise<number> {
  const server = createServer().on("upgrade", desk.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A desk, and a page that listens to it. */
async function start() {
  const devices = new Map<string, { id: string; n: number }>();
  const taps = new Set<TailTap>();
  const asked = { list: 0 };
  const desk = createLiveDesk({
    visitors: () => ({ kind: "admin", name: "x" }),
    channels: new Map([
      ["overview", wholeChannel("overview", () => ({ count: devices.size }))],
      [
        "clients",
        listChannel(
          "clients",
          () => {
            asked.list++;
            return [...devices.values()];
          },
          ({ id }) => id,
        ),
      ],
    ]),
    tail: (tap) => {
      taps.add(tap);
      return () => taps.delete(tap);
    },
  });
  const port = await portOf(desk);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`);
  onTestFinished(() => {
    socket.terminate();
    desk.close();
  });
  const frames: string[] = [];
  socket.on("message", (data: Buffer) => frames.push(data.toString()));
  await once(socket, "open");
  const say = (message: unknown) => socket.send(JSON.stringify(message));
  const heard = (count: number) =>
    vi.waitFor(() => expect(frames.length).toBeGreaterThanOrEqual(count), { timeout: 5000, interval: 10 });
  return { devices, taps, asked, socket, say, frames, heard };
}

test("a list is told as a whole, then what has changed of it", async () => {
  const { devices, say, frames, heard } = await start();
  devices.set("a", { id: "a", n: 1 });
  devices.set("b", { id: "b", n: 1 });
  say({ sub: ["clients"] });
  await heard(1);
  devices.set("b", { id: "b", n: 2 });
  devices.delete("a");
  await heard(2);
  say({ sub: ["overview"] });
  await heard(3);
  expect(frames.map((frame): unknown => JSON.parse(frame))).toEqual([
    {
      t: "snapshot",
      ch: "clients",
      seq: 1,
      data: [
        { id: "a", n: 1 },
        { id: "b", n: 1 },
      ],
    },
    { t: "patch", ch: "clients", seq: 2, data: { changed: [{ id: "b", n: 2 }], gone: ["a"] } },
    { t: "snapshot", ch: "overview", seq: 1, data: { count: 1 } },
  ]);
});

test("an empty list is told too, and what nobody listens to is not looked at", async () => {
  const { asked, say, frames, heard } = await start();
  say({ sub: ["clients"] });
  await heard(1);
  expect(frames).toEqual(['{"t":"snapshot","ch":"clients","seq":1,"data":[]}']);
  say({ sub: ["overview"] });
  await heard(2);
  const { list } = asked;
  say({ sub: ["overview"] });
  await heard(3);
  expect(asked.list).toBe(list);
});

test("no more messages are made than may be shown, and those that are not are counted", async () => {
  const { taps, say, frames, heard, socket } = await start();
  say({ tail: { filter: "home/#", max: 2 } });
  await vi.waitFor(() => expect([...taps].map(({ filter }) => filter)).toEqual(["home/#"]));
  const [tap] = taps;
  for (let count = 0; count < 5; count++) if (tap?.wants() === true) tap.take(line(`home/${count}`));
  await heard(1);
  expect(JSON.parse(frames[0] ?? "")).toEqual({ t: "tail", data: [line("home/0"), line("home/1")], skipped: 3 });
  await vi.waitFor(() => expect(tap?.wants()).toBe(true), { timeout: 5000 });
  say({ tail: { filter: "a/#/b", max: 2 } });
  await vi.waitFor(() => expect(taps.size).toBe(0));
  say({ tail: { filter: "#", max: 2 } });
  await vi.waitFor(() => expect(taps.size).toBe(1));
  socket.close();
  await vi.waitFor(() => expect(taps.size).toBe(0));
});

test.each(["", "[]", "{", '{"sub":"clients"}', '{"tail":7}', '{"tail":{"filter":7,"max":1}}'])(
  "%j is not understood, and does no harm",
  async (text) => {
    const { socket, taps, say, heard } = await start();
    socket.send(text);
    say({ sub: ["overview"] });
    await heard(1);
    expect(taps.size).toBe(0);
  },
);

test.each<[string, Visitors, RegExp]>([
  [
    "is no administrator",
    () => ({ kind: "refused", status: 401, message: "", hint: "" }),
    /^HTTP\/1\.1 401 Unauthorized\r\nConnection: close\r\n\r\n$/,
  ],
  [
    "is somebody that it could not be found out about",
    () => Promise.reject(new Error("broken")),
    /^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\n\r\n$/,
  ],
])("who %s is not let in, and cut off", async (_, visitors, answer) => {
  const desk = createLiveDesk({ visitors, channels: new Map(), tail: null });
  const port = await portOf(desk);
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (data) => (text += String(data)));
  socket.write(
    "GET /api/v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(socket, "end");
  expect(text).toMatch(answer);
  // only a connection that is closed over there answers with a reset
  await vi.waitFor(
    () => {
      socket.write("x");
      expect(socket.destroyed).toBe(true);
    },
    { timeout: 5000, interval: 10 },
  );
});

function line(topic: string): TailLine {
  const preview = { kind: "text", text: "1", truncated: false } as const;
  return { at: "2026-11-21T12:00:00.000Z", topic, qos: 0, retain: false, bytes: 1, client: "a", preview };
}

test("a list of which only a part is told says how many there are", () => {
  let count: number | null = 5000;
  let items = [{ id: "a" }];
  const channel = listChannel(
    "clients",
    () => items,
    ({ id }) => id,
    () => count,
  );
  channel.look();
  expect(JSON.parse(channel.whole())).toEqual({
    t: "snapshot",
    ch: "clients",
    seq: 1,
    total: 5000,
    data: [{ id: "a" }],
  });
  channel.look();
  expect(channel.seq).toBe(1);
  count = 5001;
  channel.look();
  expect(JSON.parse(channel.change())).toMatchObject({ seq: 2, total: 5001, data: { changed: [], gone: [] } });
  count = null;
  items = [];
  channel.look();
  expect(JSON.parse(channel.change())).toMatchObject({ seq: 3, total: 0, data: { changed: [], gone: ["a"] } });
});
